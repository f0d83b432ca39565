package dev.holdfast.shutdown;

import dev.holdfast.shutdown.MetadataClient.Answer;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The session of EC2's instance metadata service, version 2: a token, fetched once, shown with each
 * request and fetched again when it is refused. All on one context.
 */
final class AwsToken {

  private static final String PATH = "/latest/api/token";
  private static final Map<String, String> LIFETIME =
      Map.of("X-aws-ec2-metadata-token-ttl-seconds", "3600");

  /** What may be sent back in a header; anything else comes from somebody who is not AWS. */
  private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9+/=_-]{1,1024}");

  private final MetadataClient client;
  private @Nullable Future<String> token;

  AwsToken(MetadataClient client) {
    this.client = client;
  }

  /** Asks for {@code path} with the token; a refused one is replaced, once. */
  Future<Answer> get(String path) {
    return getOnce(path)
        .compose(answer -> answer.status() == 401 ? getOnce(path) : Future.succeededFuture(answer));
  }

  private Future<Answer> getOnce(String path) {
    Future<String> shown = token();
    return shown
        .compose(
            value ->
                client.ask(
                    HttpMethod.GET,
                    path,
                    Map.of("X-aws-ec2-metadata-token", value),
                    MetadataClient.ANSWER_MAX))
        .onSuccess(
            answer -> {
              if (answer.status() == 401) {
                forget(shown);
              }
            });
  }

  private Future<String> token() {
    Future<String> current = token;
    if (current != null) {
      return current;
    }
    Future<String> fetched =
        client.ask(HttpMethod.PUT, PATH, LIFETIME, MetadataClient.ANSWER_MAX, AwsToken::checked);
    token = fetched;
    fetched.onFailure(failure -> forget(fetched));
    return fetched;
  }

  private static String checked(Answer answer) throws IOException {
    String value = answer.required(PATH);
    if (!SHAPE.matcher(value).matches()) {
      throw new IOException(PATH + " answered something that is no token");
    }
    return value;
  }

  /** Two paths may be refused with the same token; the newer one stays. */
  private void forget(Future<String> refused) {
    if (token == refused) {
      token = null;
    }
  }
}
