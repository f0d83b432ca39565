resource "google_storage_bucket" "objects" {
  name                        = var.bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  # results are kept or deleted on purpose: what is deleted costs nothing more
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  # Holdfast deletes with the job; this is for what it lost sight of
  lifecycle_rule {
    condition {
      age            = var.object_days
      matches_prefix = ["inputs/", "results/"]
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  depends_on = [google_project_service.used]
}
