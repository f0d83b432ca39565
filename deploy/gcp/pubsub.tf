resource "google_pubsub_topic" "all" {
  for_each   = local.pubsub.topics
  name       = each.value
  depends_on = [google_project_service.used]
}

# No retry policy: a job that is released comes back at once, and delays are Holdfast's own.
resource "google_pubsub_subscription" "all" {
  for_each                   = local.pubsub.subscriptions
  name                       = each.value.name
  topic                      = each.value.topic
  ack_deadline_seconds       = each.value.ack_deadline_seconds
  message_retention_duration = "${each.value.message_retention_seconds}s"

  expiration_policy {
    # empty for never
    ttl = each.value.expires_after_seconds == null ? "" : "${each.value.expires_after_seconds}s"
  }

  dynamic "dead_letter_policy" {
    for_each = each.value.dead_letter == null ? [] : [each.value.dead_letter]
    content {
      dead_letter_topic     = "projects/${var.project}/topics/${dead_letter_policy.value.topic}"
      max_delivery_attempts = dead_letter_policy.value.max_delivery_attempts
    }
  }

  depends_on = [google_pubsub_topic.all]

  lifecycle {
    # with its subscription every waiting job's message would go
    prevent_destroy = true
  }
}

# The broker moves messages as Pub/Sub's own agent, which has no rights by itself. Without both of
# these the policy above does nothing, and nothing says so.
locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_topic_iam_member" "agent_publishes_dead" {
  topic  = google_pubsub_topic.all["dead"].name
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "agent_acknowledges_jobs" {
  subscription = google_pubsub_subscription.all["jobs"].name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}
