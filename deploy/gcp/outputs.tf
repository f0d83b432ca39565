output "settings" {
  description = "For deploy/gke/overlays/prod/settings.env."
  value       = <<-EOT
    HOLDFAST_GCP_PROJECT=${var.project}
    HOLDFAST_GCP_REGION=${var.region}
    HOLDFAST_GCP_BUCKET=${google_storage_bucket.objects.name}
    HOLDFAST_GCP_DATABASE=${var.database}
    HOLDFAST_GCP_INPUT_BUCKETS=${join(",", var.input_buckets)}
  EOT
}

output "image_repository" {
  description = "For skaffold --default-repo."
  value       = var.create_cluster ? "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images[0].repository_id}" : null
}
