data "google_project" "this" {
  project_id = var.project
}

locals {
  # the one file that the code and ./holdfast gcp init read, too
  pubsub = jsondecode(file("${path.module}/pubsub.json"))

  # what ./holdfast gcp check and the emulators' tests know as well
  firestore = jsondecode(file("${path.module}/firestore.indexes.json"))

  services = [
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "containerfilesystem.googleapis.com", # image streaming
    "dns.googleapis.com",
    "firestore.googleapis.com",
    "iam.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "storage.googleapis.com",
  ]
}

resource "google_project_service" "used" {
  for_each           = toset(local.services)
  service            = each.value
  disable_on_destroy = false
}
