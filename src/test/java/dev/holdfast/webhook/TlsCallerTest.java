package dev.holdfast.webhook;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.SystemClock;
import dev.holdfast.job.WebhookDelivery.Answer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PfxOptions;
import io.vertx.core.net.TrustOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The address is the one that was judged; the certificate must be the name's all the same. */
@Timeout(60)
class TlsCallerTest {

  private static final String PASSWORD = "changeit";

  @TempDir private Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final SystemClock clock = new SystemClock();
  private final BlockingQueue<String> indicated = new LinkedBlockingQueue<>();
  private PfxOptions certificate;
  private int port;

  @BeforeEach
  void listen() throws Exception {
    Path store = directory.resolve("receiver.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "receiver",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=receiver",
                "-ext",
                "san=dns:hooks.example.test",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.txt").toFile())
            .start();
    assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(keytool.exitValue()).isZero();
    certificate = new PfxOptions().setPath(store.toString()).setPassword(PASSWORD);
    port =
        await(
                vertx
                    .createHttpServer(
                        new HttpServerOptions()
                            .setSsl(true)
                            .setSni(true)
                            .setKeyCertOptions(certificate))
                    .requestHandler(
                        request -> {
                          indicated.add(String.valueOf(request.connection().indicatedServerName()));
                          request.response().end();
                        })
                    .listen(0, "127.0.0.1"))
            .actualPort();
  }

  @AfterEach
  void close() {
    await(vertx.close());
    clock.close();
  }

  private Answer call(String host, @Nullable TrustOptions trust) {
    HttpCaller caller =
        new HttpCaller(
            vertx,
            new TargetRules(new AddressRules(List.of(Cidr.of("127.0.0.1")))),
            name -> Future.succeededFuture(List.of(Cidr.address("127.0.0.1").orElseThrow())),
            clock,
            new HttpCaller.Limits(Duration.ofSeconds(10), 4, trust));
    return await(
        caller.call(
            "https://%s:%d/".formatted(host, port),
            new Caller.Message("id", 1, "v1,x", Buffer.buffer("{}"), 1)));
  }

  @Test
  void theNamesOwnCertificateIsInOrderAndTheNameIsIndicated() {
    assertThat(call("hooks.example.test", certificate)).isEqualTo(Answer.delivered(200));
    assertThat(indicated).containsExactly("hooks.example.test");
  }

  @Test
  void anotherNamesCertificateIsNot() {
    assertThat(call("other.example.test", certificate).error())
        .isEqualTo("the receiver's TLS or certificate is not in order");
    assertThat(call("127.0.0.1", certificate).error())
        .isEqualTo("the receiver's TLS or certificate is not in order");
    assertThat(indicated).isEmpty();
  }

  @Test
  void oneThatNobodyTrustsIsNot() {
    assertThat(call("hooks.example.test", null).error())
        .isEqualTo("the receiver's TLS or certificate is not in order");
    assertThat(indicated).isEmpty();
  }
}
