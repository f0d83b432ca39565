package dev.holdfast.gcp;

import com.google.cloud.storage.Bucket;
import com.google.cloud.storage.BucketInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageException;
import dev.holdfast.gcp.GcpSetup.Finding;
import dev.holdfast.gcp.GcpSetup.Level;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Makes and checks the bucket. Blocks. */
final class BucketSetup implements AutoCloseable {

  private static final int CONFLICT = 409;

  private final GcpOptions options;
  private final @Nullable Storage storage;

  private BucketSetup(GcpOptions options, @Nullable Storage storage) {
    this.options = options;
    this.storage = storage;
  }

  /** Opens a client, unless there are emulators and none for Cloud Storage. */
  static BucketSetup open(GcpOptions options) {
    boolean emulators =
        options.pubSubEmulator().isPresent() || options.firestoreEmulator().isPresent();
    if (emulators && options.storageEmulator().isEmpty()) {
      return new BucketSetup(options, null);
    }
    return new BucketSetup(options, GcsClient.open(options));
  }

  /** Makes the bucket if it is missing; says what else is wrong with it. */
  List<Finding> init() {
    return guarded(
        client -> {
          if (client.get(options.bucket()) != null) {
            return checked(client);
          }
          BucketInfo.Builder bucket =
              BucketInfo.newBuilder(options.bucket())
                  .setIamConfiguration(
                      BucketInfo.IamConfiguration.newBuilder()
                          .setIsUniformBucketLevelAccessEnabled(true)
                          .build())
                  // results are kept or deleted on purpose: what is deleted costs nothing more
                  .setSoftDeletePolicy(
                      BucketInfo.SoftDeletePolicy.newBuilder()
                          .setRetentionDuration(Duration.ZERO)
                          .build());
          options.region().ifPresent(bucket::setLocation);
          try {
            client.create(bucket.build());
          } catch (StorageException e) {
            if (e.getCode() != CONFLICT) {
              throw e;
            }
            // an earlier try whose reply was lost, or somebody else, who then forbids to look
          }
          List<Finding> findings = checked(client);
          return findings.stream().allMatch(finding -> finding.level() == Level.OK)
              ? List.of(Finding.ok("bucket " + options.bucket() + ": made"))
              : findings;
        });
  }

  /** Says whether the bucket is there and as it should be; changes nothing. */
  List<Finding> check() {
    return guarded(this::checked);
  }

  private List<Finding> checked(Storage client) {
    Bucket bucket = client.get(options.bucket());
    if (bucket == null) {
      return List.of(
          Finding.problem(
              "bucket " + options.bucket() + " is missing", "Run ./holdfast gcp init."));
    }
    List<Finding> wrong = new ArrayList<>();
    checkLocation(bucket, wrong);
    checkSoftDelete(bucket, wrong);
    checkAccess(bucket, wrong);
    return wrong.isEmpty() ? List.of(Finding.ok("bucket " + options.bucket())) : wrong;
  }

  private void checkLocation(Bucket bucket, List<Finding> wrong) {
    String location = bucket.getLocation();
    if (options.region().isPresent()
        && location != null
        && !location.toLowerCase(Locale.ROOT).equals(options.region().get())) {
      wrong.add(
          Finding.problem(
              "bucket %s is in %s, not in %s: objects are slower and their way is billed"
                  .formatted(options.bucket(), location, options.region().get()),
              "A bucket cannot move. Name another one, or the region of this one."));
    }
  }

  private void checkSoftDelete(Bucket bucket, List<Finding> wrong) {
    BucketInfo.SoftDeletePolicy softDelete = bucket.getSoftDeletePolicy();
    Duration kept = softDelete == null ? null : softDelete.getRetentionDuration();
    if (kept != null && !kept.isZero()) {
      wrong.add(
          Finding.problem(
              "bucket %s keeps deleted objects, which are billed, for %d days"
                  .formatted(options.bucket(), kept.toDays()),
              "Run gcloud storage buckets update gs://%s --clear-soft-delete."
                  .formatted(options.bucket())));
    }
  }

  private void checkAccess(Bucket bucket, List<Finding> wrong) {
    BucketInfo.IamConfiguration access = bucket.getIamConfiguration();
    if (access != null && Boolean.FALSE.equals(access.isUniformBucketLevelAccessEnabled())) {
      wrong.add(
          Finding.problem(
              "bucket %s has access lists on single objects".formatted(options.bucket()),
              "Run gcloud storage buckets update gs://%s --uniform-bucket-level-access."
                  .formatted(options.bucket())));
    }
  }

  /** The number of the bucket's project, where the bucket can be read and says so. */
  OptionalLong projectNumber() {
    try {
      Bucket bucket = storage == null ? null : storage.get(options.bucket());
      BigInteger number = bucket == null ? null : bucket.getProject();
      return number == null ? OptionalLong.empty() : OptionalLong.of(number.longValueExact());
    } catch (StorageException | ArithmeticException e) {
      return OptionalLong.empty();
    }
  }

  private interface Step {
    List<Finding> find(Storage client);
  }

  private List<Finding> guarded(Step step) {
    if (storage == null) {
      return List.of(
          Finding.unknown(
              "bucket " + options.bucket() + ": there is no endpoint in place of Cloud Storage",
              "Name one in STORAGE_EMULATOR_HOST."));
    }
    try {
      return step.find(storage);
    } catch (StorageException e) {
      return List.of(
          Finding.problem(
              "bucket %s cannot be looked after: %s".formatted(options.bucket(), e.getMessage()),
              todo(GcsCalls.status(e))));
    }
  }

  private static String todo(int status) {
    return status == GcsCalls.FORBIDDEN || status == GcsCalls.UNAUTHENTICATED
        ? "This account needs the role roles/storage.admin for it. If the bucket is somebody"
            + " else's, choose another name: all of Cloud Storage shares them."
        : "Mend that and run this again.";
  }

  @Override
  public void close() {
    if (storage != null) {
      try {
        storage.close();
      } catch (Exception e) {
        throw new IllegalStateException("The client of Cloud Storage could not be closed.", e);
      }
    }
  }
}
