# Rights go to the Kubernetes service accounts themselves, resource by resource where that is possible.
locals {
  # The project's pool is made with its first cluster that has Workload Identity; until then rights given to
  # somebody in it are refused.
  pool     = var.create_cluster ? google_container_cluster.this[0].workload_identity_config[0].workload_pool : "${var.project}.svc.id.goog"
  subjects = "principal://iam.googleapis.com/projects/${data.google_project.this.number}/locations/global/workloadIdentityPools/${local.pool}/subject"
  members = {
    api    = "${local.subjects}/ns/${var.namespace}/sa/holdfast-api"
    worker = "${local.subjects}/ns/${var.namespace}/sa/holdfast-worker"
  }

  # which topics each publishes to
  publishes = {
    api-jobs      = { who = "api", topic = "jobs" }
    api-events    = { who = "api", topic = "events" }
    worker-events = { who = "worker", topic = "events" }
    worker-dead   = { who = "worker", topic = "dead" }
  }

  # which subscriptions that are there for good each reads
  consumes = {
    worker-jobs = { who = "worker", subscription = "jobs" }
    api-dead    = { who = "api", subscription = "dead" }
  }

  reads = {
    for pair in setproduct(keys(local.members), var.input_buckets) :
    join("-", pair) => { who = pair[0], bucket = pair[1] }
  }
}

resource "google_pubsub_topic_iam_member" "publishes" {
  for_each = local.publishes
  topic    = google_pubsub_topic.all[each.value.topic].name
  role     = "roles/pubsub.publisher"
  member   = local.members[each.value.who]
}

resource "google_pubsub_subscription_iam_member" "consumes" {
  for_each     = local.consumes
  subscription = google_pubsub_subscription.all[each.value.subscription].name
  role         = "roles/pubsub.subscriber"
  member       = local.members[each.value.who]
}

# Each process makes a subscription to the events for itself and deletes it at its end. Its name is
# random, so the right to do so is the project's: it reaches every subscription there is in it.
resource "google_project_iam_custom_role" "own_subscription" {
  role_id     = "holdfastOwnSubscription"
  title       = "Holdfast: a subscription of one's own"
  description = "Make, read and delete the short-lived subscription of a process to the events."
  permissions = [
    "pubsub.subscriptions.consume",
    "pubsub.subscriptions.create",
    "pubsub.subscriptions.delete",
    "pubsub.subscriptions.get",
  ]
  depends_on = [google_project_service.used]
}

resource "google_project_iam_member" "own_subscription" {
  for_each = local.members
  project  = var.project
  role     = google_project_iam_custom_role.own_subscription.id
  member   = each.value
}

# to attach that subscription to the topic
resource "google_pubsub_topic_iam_member" "hears_events" {
  for_each = local.members
  topic    = google_pubsub_topic.all["events"].name
  role     = "roles/pubsub.subscriber"
  member   = each.value
}

resource "google_storage_bucket_iam_member" "objects" {
  for_each = local.members
  bucket   = google_storage_bucket.objects.name
  role     = "roles/storage.objectUser"
  member   = each.value
}

resource "google_storage_bucket_iam_member" "inputs" {
  for_each = local.reads
  bucket   = each.value.bucket
  role     = "roles/storage.objectViewer"
  member   = local.members[each.value.who]
}

resource "google_project_iam_member" "records" {
  for_each = local.members
  project  = var.project
  role     = "roles/datastore.user"
  member   = each.value
}

# KEDA asks Managed Prometheus how much there is to do.
resource "google_project_iam_member" "keda" {
  project = var.project
  role    = "roles/monitoring.viewer"
  member  = "${local.subjects}/ns/keda/sa/keda-operator"
}
