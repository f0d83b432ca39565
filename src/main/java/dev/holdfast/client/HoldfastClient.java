package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/** The server's verbs as calls. Blocks; thread-safe. */
public final class HoldfastClient {

  /** How long the server may hold a question for news; well under what proxies allow. */
  private static final Duration NEWS_WAIT = Duration.ofSeconds(20);

  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration UPLOAD_TIMEOUT = Duration.ofHours(2);
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,100}");

  private final Http http;

  /**
   * @param server such as {@code http://127.0.0.1:8080}
   * @throws ClientException if that is not the address of a server
   */
  public HoldfastClient(String server) throws ClientException {
    this(server, Pause.REAL);
  }

  HoldfastClient(String server, Pause pause) throws ClientException {
    this.http = new Http(address(server), pause);
  }

  private static URI address(String server) throws ClientException {
    try {
      URI uri = URI.create(server.strip().replaceAll("/+$", ""));
      boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (web && uri.getHost() != null && uri.getQuery() == null && uri.getFragment() == null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // falls through: not a URI and not a web address are told the same way
    }
    throw ClientException.usage(
        "'%s' is not the address of a server; it looks like http://127.0.0.1:8080"
            .formatted(Http.plain(server)));
  }

  /**
   * Puts an input where jobs can name it.
   *
   * @param jsonl one item a line
   * @return the input's name, for {@link #submit}
   */
  public String upload(Path jsonl) throws ClientException {
    HttpRequest request;
    try {
      request =
          http.request("/v1/inputs")
              .header("Content-Type", "application/x-ndjson")
              .timeout(UPLOAD_TIMEOUT)
              .POST(BodyPublishers.ofFile(jsonl))
              .build();
    } catch (FileNotFoundException e) {
      throw ClientException.usage("there is no readable file '%s'".formatted(jsonl));
    }
    JsonNode id = http.json(request).path("input_id");
    if (!id.isTextual()) {
      throw ClientException.senseless("an input without id");
    }
    return id.asText();
  }

  /**
   * Submits a job; sent again if the answer is lost, which the key makes harmless.
   *
   * @param idempotencyKey the same key with the same body is the same job
   */
  public JobView submit(ObjectNode body, String idempotencyKey) throws ClientException {
    return JobView.of(
        http.json(
            http.request("/v1/jobs")
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", idempotencyKey)
                .timeout(ANSWER_TIMEOUT)
                .POST(BodyPublishers.ofString(body.toString()))
                .build()));
  }

  /** The job as it is now. */
  public JobView job(String id) throws ClientException {
    return JobView.of(get("/v1/jobs/" + checked(id)));
  }

  /** The job as soon as it is newer than {@code seen}, or as it is after a while. */
  public JobView news(JobView seen) throws ClientException {
    return JobView.of(
        http.json(
            http.request(
                    "/v1/jobs/%s?wait=%ds&after_version=%d"
                        .formatted(checked(seen.id()), NEWS_WAIT.toSeconds(), seen.version()))
                .timeout(NEWS_WAIT.plus(ANSWER_TIMEOUT))
                .GET()
                .build()));
  }

  /** One page of jobs; an empty value asks for nothing. */
  public JsonNode jobs(Map<String, String> query) throws ClientException {
    StringJoiner joined = new StringJoiner("&", "?", "").setEmptyValue("");
    query.forEach(
        (name, value) -> {
          if (!value.isEmpty()) {
            joined.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
          }
        });
    return get("/v1/jobs" + joined);
  }

  public JobView cancel(String id) throws ClientException {
    return act(id, "cancel");
  }

  public JobView retry(String id) throws ClientException {
    return act(id, "retry");
  }

  private JobView act(String id, String verb) throws ClientException {
    return JobView.of(
        http.json(
            http.request("/v1/jobs/%s/%s".formatted(checked(id), verb))
                .timeout(ANSWER_TIMEOUT)
                .POST(BodyPublishers.noBody())
                .build()));
  }

  /** Jobs that nobody tries again by itself, newest first. */
  public JsonNode deadLetters(int limit) throws ClientException {
    return get("/v1/dead-letters?limit=" + limit);
  }

  /** Who serves. */
  public JsonNode workers() throws ClientException {
    return get("/v1/workers");
  }

  /** Fetches a whole result, through broken connections. */
  public long download(String id, Download.Sink sink) throws ClientException {
    return download(id, 0, "", sink);
  }

  /**
   * Fetches what an earlier download left.
   *
   * @param received how many bytes there are already
   * @param tag which result they are of; if the server has another by now, all of that is fetched
   * @return the result's size in bytes
   */
  long download(String id, long received, String tag, Download.Sink sink) throws ClientException {
    String path = "/v1/jobs/%s/result".formatted(checked(id));
    return new Download(http, path, received, tag).into(sink);
  }

  void rest(Duration length) throws ClientException {
    http.rest(length);
  }

  private JsonNode get(String path) throws ClientException {
    return http.json(http.request(path).timeout(ANSWER_TIMEOUT).GET().build());
  }

  private static String checked(String id) throws ClientException {
    if (!ID.matcher(id).matches()) {
      throw ClientException.usage("'%s' is not a job's id".formatted(Http.plain(id)));
    }
    return id;
  }
}
