package dev.holdfast.gcp;

import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.UnaryCallable;
import com.google.iam.v1.Binding;
import com.google.iam.v1.GetIamPolicyRequest;
import com.google.iam.v1.Policy;
import com.google.iam.v1.SetIamPolicyRequest;
import dev.holdfast.gcp.GcpSetup.Finding;
import dev.holdfast.gcp.PubSubFailure.Role;
import java.util.List;
import java.util.OptionalLong;

/**
 * What Pub/Sub itself must be allowed for its dead-letter policy: to publish to the dead topic and
 * to acknowledge on the source. Without both it counts no deliveries and gives up on nothing.
 * Blocks.
 */
final class DeadLetterGrants {

  private final PubSubClients clients;
  private final PubSubLayout layout;

  DeadLetterGrants(PubSubClients clients, PubSubLayout layout) {
    this.clients = clients;
    this.layout = layout;
  }

  /**
   * One grant that is needed.
   *
   * @param kind as gcloud names it, in plural
   * @param name short
   * @param resource in full
   */
  private record Grant(String kind, String name, String resource, Role role) {}

  private List<Grant> grants() {
    String dead = layout.topics().dead();
    String source = layout.subscriptions().jobs().name();
    return List.of(
        new Grant("topics", dead, clients.topic(dead), Role.PUBLISHER),
        new Grant("subscriptions", source, clients.subscription(source), Role.SUBSCRIBER));
  }

  /** Says which grants are missing; changes nothing. */
  List<Finding> check(OptionalLong projectNumber) {
    return each(projectNumber, false);
  }

  /** Grants what is missing, where it may. */
  List<Finding> init(OptionalLong projectNumber) {
    return each(projectNumber, true);
  }

  private List<Finding> each(OptionalLong projectNumber, boolean mend) {
    if (clients.emulated()) {
      return List.of(
          Finding.unknown(
              "dead-letter permissions: an emulator has none",
              "Check them on Google Cloud with ./holdfast gcp check."));
    }
    if (projectNumber.isEmpty()) {
      return List.of(
          Finding.unknown(
              "dead-letter permissions: the project's number is not known without its bucket",
              "Make the bucket and run this again."));
    }
    String agent =
        "serviceAccount:service-%d@gcp-sa-pubsub.iam.gserviceaccount.com"
            .formatted(projectNumber.getAsLong());
    return grants().stream().map(grant -> one(grant, agent, mend)).toList();
  }

  private Finding one(Grant grant, String agent, boolean mend) {
    String what = "%s of Pub/Sub's own agent on %s".formatted(grant.role(), grant.name());
    String command =
        "Run gcloud pubsub %s add-iam-policy-binding %s --member=%s --role=%s."
            .formatted(grant.kind(), grant.name(), agent, grant.role());
    try {
      Policy policy =
          policyOf(grant)
              .call(GetIamPolicyRequest.newBuilder().setResource(grant.resource()).build());
      if (has(policy, grant, agent)) {
        return Finding.ok(what);
      }
      if (!mend) {
        return Finding.problem(what + " is missing, unless the whole project grants it", command);
      }
      policySetterOf(grant)
          .call(
              SetIamPolicyRequest.newBuilder()
                  .setResource(grant.resource())
                  // its etag makes this fail if somebody else was faster
                  .setPolicy(
                      policy.toBuilder()
                          .addBindings(
                              Binding.newBuilder()
                                  .setRole(grant.role().toString())
                                  .addMembers(agent)))
                  .build());
      return Finding.ok(what + ": granted");
    } catch (ApiException e) {
      PubSubFailure failure = PubSubFailure.of("look after the " + what, Role.ADMIN, e);
      return Finding.unknown(failure.getMessage() == null ? what : failure.getMessage(), command);
    }
  }

  private static boolean has(Policy policy, Grant grant, String agent) {
    return policy.getBindingsList().stream()
        .anyMatch(
            binding ->
                binding.getRole().equals(grant.role().toString())
                    && binding.getMembersList().contains(agent));
  }

  private UnaryCallable<GetIamPolicyRequest, Policy> policyOf(Grant grant) {
    return grant.role() == Role.PUBLISHER
        ? clients.publisher().getIamPolicyCallable()
        : clients.subscriber().getIamPolicyCallable();
  }

  private UnaryCallable<SetIamPolicyRequest, Policy> policySetterOf(Grant grant) {
    return grant.role() == Role.PUBLISHER
        ? clients.publisher().setIamPolicyCallable()
        : clients.subscriber().setIamPolicyCallable();
  }
}
