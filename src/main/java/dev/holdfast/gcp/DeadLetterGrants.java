package dev.holdfast.gcp;

import com.google.api.gax.grpc.GrpcCallContext;
import com.google.api.gax.rpc.AbortedException;
import com.google.api.gax.rpc.ApiCallContext;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.StatusCode.Code;
import com.google.api.gax.rpc.UnaryCallable;
import com.google.iam.v1.Binding;
import com.google.iam.v1.BindingOrBuilder;
import com.google.iam.v1.GetIamPolicyRequest;
import com.google.iam.v1.GetPolicyOptions;
import com.google.iam.v1.Policy;
import com.google.iam.v1.SetIamPolicyRequest;
import dev.holdfast.gcp.CallFailure.Role;
import dev.holdfast.gcp.GcpSetup.Finding;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * What Pub/Sub itself must be allowed for its dead-letter policy: to publish to the dead topic and
 * to acknowledge on the source. Without both it counts no deliveries and gives up on nothing.
 * Blocks.
 */
final class DeadLetterGrants {

  /** Without it a policy is shown without its conditions. cloud.google.com/iam/docs/policies */
  private static final int WITH_CONDITIONS = 3;

  /** Writes of one policy, each lost to another, before it is left to others. */
  private static final int TRIES_MAX = 5;

  /** A policy that somebody else has changed must be read again before it is written again. */
  private static final ApiCallContext ONCE_IF_ABORTED =
      GrpcCallContext.createDefault()
          .withRetryableCodes(
              PubSubClients.TRANSIENT.stream()
                  .filter(code -> code != Code.ABORTED)
                  .collect(Collectors.toSet()));

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
      if (has(read(grant), grant, agent)) {
        return Finding.ok(what);
      }
      if (!mend) {
        return Finding.problem(what + " is missing, unless the whole project grants it", command);
      }
      grant(grant, agent);
      return Finding.ok(what + ": granted");
    } catch (ApiException e) {
      return Finding.unknown(CallFailure.words("look after the " + what, Role.ADMIN, e), command);
    }
  }

  private void grant(Grant grant, String agent) {
    for (int tries = 1; ; tries++) {
      Policy policy = read(grant);
      if (has(policy, grant, agent)) {
        // an earlier try whose reply was lost, or somebody else
        return;
      }
      try {
        policySetterOf(grant)
            .call(
                SetIamPolicyRequest.newBuilder()
                    .setResource(grant.resource())
                    // its etag makes this fail if somebody else was faster
                    .setPolicy(with(policy, grant, agent))
                    .build(),
                ONCE_IF_ABORTED);
        return;
      } catch (AbortedException e) {
        if (tries == TRIES_MAX) {
          throw e;
        }
      }
    }
  }

  private Policy read(Grant grant) {
    return policyOf(grant)
        .call(
            GetIamPolicyRequest.newBuilder()
                .setResource(grant.resource())
                .setOptions(
                    GetPolicyOptions.newBuilder().setRequestedPolicyVersion(WITH_CONDITIONS))
                .build());
  }

  private static Policy with(Policy policy, Grant grant, String agent) {
    Policy.Builder wider = policy.toBuilder();
    for (Binding.Builder binding : wider.getBindingsBuilderList()) {
      if (isOf(binding, grant)) {
        binding.addMembers(agent);
        return wider.build();
      }
    }
    return wider
        .addBindings(Binding.newBuilder().setRole(grant.role().toString()).addMembers(agent))
        .build();
  }

  private static boolean has(Policy policy, Grant grant, String agent) {
    return policy.getBindingsList().stream()
        .anyMatch(binding -> isOf(binding, grant) && binding.getMembersList().contains(agent));
  }

  /** A grant on a condition does not count: it may hold now and not later. */
  private static boolean isOf(BindingOrBuilder binding, Grant grant) {
    return binding.getRole().equals(grant.role().toString()) && !binding.hasCondition();
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
