package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.iam.v1.Binding;
import com.google.iam.v1.GetIamPolicyRequest;
import com.google.iam.v1.Policy;
import com.google.iam.v1.SetIamPolicyRequest;
import com.google.protobuf.ByteString;
import com.google.type.Expr;
import dev.holdfast.gcp.GcpSetup.Finding;
import dev.holdfast.gcp.GcpSetup.Level;
import io.grpc.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server that keeps policies as Google's does: an etag each, and conditions if asked. */
class DeadLetterGrantsTest {

  private static final String GET = "GetIamPolicy";
  private static final String SET = "SetIamPolicy";
  private static final String PUBLISHER = "roles/pubsub.publisher";
  private static final String SUBSCRIBER = "roles/pubsub.subscriber";
  private static final OptionalLong NUMBER = OptionalLong.of(123);
  private static final String AGENT =
      "serviceAccount:service-123@gcp-sa-pubsub.iam.gserviceaccount.com";
  private static final String TOPIC = "projects/project/topics/holdfast-jobs-dead";
  private static final String SUBSCRIPTION = "projects/project/subscriptions/holdfast-jobs-worker";

  private final Map<String, Policy> policies = Collections.synchronizedMap(new HashMap<>());

  /** What happens to the next writes instead of nothing, oldest first. */
  private final List<Runnable> meanwhile = Collections.synchronizedList(new ArrayList<>());

  private GrpcStandIn server;
  private PubSubClients clients;
  private DeadLetterGrants grants;

  @BeforeEach
  void open() throws IOException {
    server = new GrpcStandIn();
    server.plays(
        "google.iam.v1.IAMPolicy/" + GET,
        GetIamPolicyRequest.getDefaultInstance(),
        Policy.getDefaultInstance(),
        this::get);
    server.plays(
        "google.iam.v1.IAMPolicy/" + SET,
        SetIamPolicyRequest.getDefaultInstance(),
        Policy.getDefaultInstance(),
        this::set);
    GcpOptions options =
        new GcpOptions(
            "project",
            Optional.empty(),
            GcpOptions.DEFAULT_DATABASE,
            "bucket",
            Set.of(),
            Optional.of(server.host()),
            Optional.empty(),
            Optional.empty());
    clients = PubSubClients.open(options, List.of());
    grants = new DeadLetterGrants(clients, PubSubLayout.read());
    store(TOPIC, Policy.getDefaultInstance());
    store(SUBSCRIPTION, Policy.getDefaultInstance());
  }

  @AfterEach
  void close() {
    clients.close();
    server.close();
  }

  private Policy get(GetIamPolicyRequest request) {
    Policy policy = stored(request.getResource());
    if (request.getOptions().getRequestedPolicyVersion() >= 3
        || policy.getBindingsList().stream().noneMatch(Binding::hasCondition)) {
      return policy;
    }
    Policy.Builder shown = policy.toBuilder().setVersion(1);
    shown
        .getBindingsBuilderList()
        .forEach(
            binding -> {
              if (binding.hasCondition()) {
                binding.setRole(binding.getRole() + "_withcond_0").clearCondition();
              }
            });
    return shown.build();
  }

  private Policy set(SetIamPolicyRequest request) {
    if (!meanwhile.isEmpty()) {
      meanwhile.remove(0).run();
    }
    String resource = request.getResource();
    Policy before = stored(resource);
    if (!request.getPolicy().getEtag().equals(before.getEtag())) {
      throw Status.ABORTED
          .withDescription("There were concurrent policy changes.")
          .asRuntimeException();
    }
    if (before.getVersion() == 3 && request.getPolicy().getVersion() != 3) {
      throw Status.INVALID_ARGUMENT.withDescription("conditions get lost").asRuntimeException();
    }
    return store(resource, request.getPolicy());
  }

  private Policy stored(String resource) {
    Policy policy = policies.get(resource);
    if (policy == null) {
      throw Status.NOT_FOUND.asRuntimeException();
    }
    return policy;
  }

  private Policy store(String resource, Policy policy) {
    Policy before = policies.getOrDefault(resource, Policy.getDefaultInstance());
    int number = before.getEtag().isEmpty() ? 0 : Integer.parseInt(before.getEtag().toStringUtf8());
    Policy stored =
        policy.toBuilder().setEtag(ByteString.copyFromUtf8(Integer.toString(number + 1))).build();
    policies.put(resource, stored);
    return stored;
  }

  private static Binding binding(String role, String... members) {
    return Binding.newBuilder().setRole(role).addAllMembers(List.of(members)).build();
  }

  private void bind(String resource, Binding... bindings) {
    store(resource, stored(resource).toBuilder().addAllBindings(List.of(bindings)).build());
  }

  private long count(String method) {
    return server.calls().stream().filter(method::equals).count();
  }

  @Test
  void whatIsMissingIsToldAndThenGrantedOnce() {
    List<Finding> missing = grants.check(NUMBER);
    assertThat(missing).extracting(Finding::level).containsOnly(Level.PROBLEM);
    assertThat(missing)
        .extracting(Finding::todo)
        .containsExactly(
            "Run gcloud pubsub topics add-iam-policy-binding holdfast-jobs-dead --member="
                + AGENT
                + " --role=roles/pubsub.publisher.",
            "Run gcloud pubsub subscriptions add-iam-policy-binding holdfast-jobs-worker --member="
                + AGENT
                + " --role=roles/pubsub.subscriber.");
    assertThat(count(SET)).isZero();

    assertThat(grants.init(NUMBER))
        .extracting(Finding::line)
        .allMatch(line -> line.startsWith("ok ") && line.endsWith(": granted"));
    assertThat(stored(TOPIC).getBindingsList()).containsExactly(binding(PUBLISHER, AGENT));
    assertThat(stored(SUBSCRIPTION).getBindingsList()).containsExactly(binding(SUBSCRIBER, AGENT));

    assertThat(grants.check(NUMBER)).extracting(Finding::level).containsOnly(Level.OK);
    assertThat(grants.init(NUMBER))
        .extracting(Finding::line)
        .noneMatch(line -> line.endsWith(": granted"));
    assertThat(count(SET)).isEqualTo(2);
  }

  @Test
  void whatOthersWereGrantedStays() {
    bind(TOPIC, binding(PUBLISHER, "user:a@example.com"), binding("roles/viewer", AGENT));
    grants.init(NUMBER);
    assertThat(stored(TOPIC).getBindingsList())
        .containsExactly(
            binding(PUBLISHER, "user:a@example.com", AGENT), binding("roles/viewer", AGENT));
  }

  @Test
  void aGrantOnAConditionIsNotTheGrant() {
    Binding conditional =
        binding(PUBLISHER, AGENT).toBuilder()
            .setCondition(Expr.newBuilder().setExpression("request.time < timestamp('2030')"))
            .build();
    bind(TOPIC, conditional);
    store(TOPIC, stored(TOPIC).toBuilder().setVersion(3).build());

    assertThat(grants.check(NUMBER).get(0).level()).isEqualTo(Level.PROBLEM);
    assertThat(grants.init(NUMBER).get(0).line()).endsWith(": granted");
    assertThat(stored(TOPIC).getBindingsList())
        .containsExactly(conditional, binding(PUBLISHER, AGENT));
  }

  @Test
  void whoeverWasFasterIsNotOverwritten() {
    meanwhile.add(() -> bind(TOPIC, binding(PUBLISHER, "user:faster@example.com")));
    meanwhile.add(() -> bind(TOPIC, binding("roles/viewer", "user:faster@example.com")));
    assertThat(grants.init(NUMBER)).extracting(Finding::level).containsOnly(Level.OK);
    assertThat(stored(TOPIC).getBindingsList())
        .containsExactly(
            binding(PUBLISHER, "user:faster@example.com", AGENT),
            binding("roles/viewer", "user:faster@example.com"));
    assertThat(count(SET)).isEqualTo(4);
  }

  @Test
  void aGrantWhoseReplyWasLostIsFound() {
    meanwhile.add(
        () -> {
          bind(TOPIC, binding(PUBLISHER, AGENT));
          throw Status.UNAVAILABLE.asRuntimeException();
        });
    assertThat(grants.init(NUMBER)).extracting(Finding::level).containsOnly(Level.OK);
    assertThat(stored(TOPIC).getBindingsList()).containsExactly(binding(PUBLISHER, AGENT));
  }

  @Test
  void whoAlwaysComesTooLateGivesUp() {
    for (int i = 0; i < 20; i++) {
      String user = "user:%d@example.com".formatted(i);
      meanwhile.add(() -> bind(TOPIC, binding("roles/viewer", user)));
    }
    Finding finding = grants.init(NUMBER).get(0);
    assertThat(finding.level()).isEqualTo(Level.UNKNOWN);
    assertThat(finding.line()).contains("concurrent policy changes", "gcloud pubsub topics");
    assertThat(count(SET)).isBetween(5L, 11L);
  }

  @Test
  void aMissingPermissionIsNamedWithTheCommandForSomebodyWhoHasIt() {
    meanwhile.add(
        () -> {
          throw Status.PERMISSION_DENIED.asRuntimeException();
        });
    List<Finding> findings = grants.init(NUMBER);
    assertThat(findings.get(0).level()).isEqualTo(Level.UNKNOWN);
    assertThat(findings.get(0).what()).contains("permission denied", "roles/pubsub.admin");
    assertThat(findings.get(0).todo())
        .contains("gcloud pubsub topics add-iam-policy-binding holdfast-jobs-dead");
    assertThat(findings.get(1).line()).endsWith(": granted");
  }

  @Test
  void aMissingTopicIsNotTakenForAMissingGrant() {
    policies.remove(TOPIC);
    Finding finding = grants.check(NUMBER).get(0);
    assertThat(finding.level()).isEqualTo(Level.UNKNOWN);
    assertThat(finding.what()).contains("./holdfast gcp init");
  }

  @Test
  void withoutTheProjectsNumberNothingIsAsked() {
    assertThat(grants.init(OptionalLong.empty()))
        .singleElement()
        .satisfies(finding -> assertThat(finding.level()).isEqualTo(Level.UNKNOWN));
    assertThat(server.calls()).isEmpty();
  }
}
