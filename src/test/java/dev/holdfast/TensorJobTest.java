package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.client.Terminal;
import dev.holdfast.client.Watch;
import dev.holdfast.djl.TinyModels;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A user's own TorchScript module, from its declaration to its result: real processes, a real
 * archive, tensors in and out. The module refuses negative elements, so that one row fails.
 */
@Timeout(120)
class TensorJobTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path directory;

  @Test
  void tensorsGoInTensorsComeOutAndABadRowIsAlone() throws Exception {
    TinyModels.refusingNegatives(directory.resolve("module"));
    Path models =
        Files.writeString(
            directory.resolve("models.yaml"),
            "models: [{name: module, location: module, kind: tensor}]");
    Config config =
        Config.read(
            Map.of(
                "HOLDFAST_DATA",
                directory.resolve("data").toString(),
                "HOLDFAST_MODELS",
                models.toString(),
                "HOLDFAST_PORT",
                "0",
                "HOLDFAST_MANAGEMENT_PORT",
                "0"),
            Config.Role.API);
    BlockingQueue<String> said = new LinkedBlockingQueue<>();
    SystemClock clock = new SystemClock();
    try (LocalStack stack = LocalStack.start(config, 1, clock, said::add)) {
      for (Optional<String> why = stack.notReady(); why.isPresent(); why = stack.notReady()) {
        String news = said.poll(100, TimeUnit.MILLISECONDS);
        assertThat(news == null || !news.contains("ended")).as("%s; %s", news, why).isTrue();
      }
      HoldfastClient client = new HoldfastClient("http://127.0.0.1:" + stack.port());
      ObjectNode body = JSON.createObjectNode().put("model", "module");
      body.putObject("input").putArray("items").add(item(1, 2.5)).add(item(3, -4)).add(item(5, 6));
      JobView job = client.submit(body, "tensors");
      job = new Watch(client, Terminal.silent(), false).until(job, seen -> false);

      assertThat(job.state()).isEqualTo("complete");
      assertThat(job.failed()).isEqualTo(1);
      ByteArrayOutputStream result = new ByteArrayOutputStream();
      client.download(job.id(), (bytes, length) -> result.write(bytes, 0, length));
      List<JsonNode> rows = new ArrayList<>();
      for (String line : result.toString(StandardCharsets.UTF_8).lines().toList()) {
        rows.add(JSON.readTree(line));
      }
      assertThat(rows).hasSize(3);
      JsonNode output = rows.get(0).path("outputs").get(0);
      assertThat(output.path("datatype").asText()).isEqualTo("FP32");
      assertThat(output.path("shape")).isEqualTo(JSON.readTree("[1,2]"));
      assertThat(output.path("data")).hasSize(2);
      assertThat(rows.get(1).path("error").path("code").asText()).isEqualTo("inference_failed");
      assertThat(rows.get(1).path("error").path("message").asText()).contains("negative");
      assertThat(rows.get(2).path("outputs")).hasSize(1);
      assertThat(job.json().path("result").path("model_digest").asText()).hasSize(64);
    } finally {
      clock.close();
    }
  }

  private static ObjectNode item(double first, double second) {
    ObjectNode item = JSON.createObjectNode();
    ObjectNode input = item.putArray("inputs").addObject();
    input.put("name", "x").put("datatype", "FP32");
    input.putArray("shape").add(1).add(2);
    input.putArray("data").add(first).add(second);
    return item;
  }
}
