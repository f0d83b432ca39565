package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import org.junit.jupiter.api.Test;

class GrpcContextTest {

  /**
   * A loop of calls, each made when the one before it ends, must not grow a chain of contexts: that
   * is a leak, and gRPC complains of it after 1,000 calls. Method: attaches and reads the current
   * context as such a loop does, and looks whether it stays the same.
   */
  @Test
  void aCallThatIsMadeWhenAnotherEndsIsNotItsChild() {
    Context first = Context.current();
    Context before = first.attach();
    try {
      assertThat(Context.current()).isSameAs(first);
    } finally {
      first.detach(before);
    }
    assertThat(
            getClass()
                .getClassLoader()
                .getResource("io/grpc/override/ContextStorageOverride.class"))
        .as("a library that replaces gRPC's context storage")
        .isNull();
  }
}
