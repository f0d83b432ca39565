package dev.holdfast.adapter;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import java.util.Map;

/**
 * How stores write records down: JSON that belongs to the database and to nobody else. Instants are
 * whole milliseconds since 1970. Thread-safe.
 */
public final class JsonDocument<T> {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .enable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DATE_TIMESTAMPS_AS_NANOSECONDS)
          .disable(DeserializationFeature.READ_DATE_TIMESTAMPS_AS_NANOSECONDS)
          .serializationInclusion(JsonInclude.Include.NON_NULL)
          .addMixIn(JobId.class, IdAsText.class)
          .addMixIn(JobSpec.Input.class, InputByKind.class)
          .build();

  public static final JsonDocument<Job> JOB = new JsonDocument<>(new TypeReference<>() {});
  public static final JsonDocument<WorkerReport> WORKER =
      new JsonDocument<>(new TypeReference<>() {});
  public static final JsonDocument<Map<String, String>> STRINGS =
      new JsonDocument<>(new TypeReference<>() {});

  private final ObjectWriter writer;
  private final ObjectReader reader;

  private JsonDocument(TypeReference<T> type) {
    writer = MAPPER.writerFor(type);
    reader = MAPPER.readerFor(type);
  }

  public String write(T value) {
    try {
      return writer.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("This cannot be written down: " + value, e);
    }
  }

  /**
   * @throws IllegalStateException if the text was not written by {@link #write}
   */
  public T read(String text) {
    try {
      return reader.readValue(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A stored document is damaged: " + e.getMessage(), e);
    }
  }

  private abstract static class IdAsText {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    @SuppressWarnings("UnusedVariable") // stands for the record's own constructor
    IdAsText(String value) {}

    @JsonValue
    abstract String value();
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = JobSpec.Inline.class, name = "inline"),
    @JsonSubTypes.Type(value = JobSpec.Stored.class, name = "stored"),
    @JsonSubTypes.Type(value = JobSpec.External.class, name = "external")
  })
  private interface InputByKind {}
}
