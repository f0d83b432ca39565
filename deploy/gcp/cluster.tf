# A cluster for deploy/gke, if there is none yet: private nodes, Workload Identity, Managed Prometheus,
# the Gateway API, and network policies that are enforced.
locals {
  cluster = var.create_cluster ? 1 : 0
}

resource "google_compute_network" "this" {
  count                   = local.cluster
  name                    = "holdfast"
  auto_create_subnetworks = false
  depends_on              = [google_project_service.used]
}

resource "google_compute_subnetwork" "nodes" {
  count                    = local.cluster
  name                     = "holdfast-nodes"
  network                  = google_compute_network.this[0].id
  region                   = var.region
  ip_cidr_range            = "10.10.0.0/20"
  private_ip_google_access = true

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = "10.20.0.0/16"
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.30.0.0/20"
  }
}

# the internal gateway's proxies
resource "google_compute_subnetwork" "proxies" {
  count         = local.cluster
  name          = "holdfast-proxies"
  network       = google_compute_network.this[0].id
  region        = var.region
  ip_cidr_range = "10.40.0.0/23"
  purpose       = "REGIONAL_MANAGED_PROXY"
  role          = "ACTIVE"
}

# Google's services at the addresses that the network policies let through.
resource "google_dns_managed_zone" "googleapis" {
  count      = local.cluster
  name       = "holdfast-googleapis"
  dns_name   = "googleapis.com."
  visibility = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.this[0].id
    }
  }
}

resource "google_dns_record_set" "private" {
  count        = local.cluster
  managed_zone = google_dns_managed_zone.googleapis[0].name
  name         = "private.googleapis.com."
  type         = "A"
  ttl          = 300
  rrdatas      = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"]
}

resource "google_dns_record_set" "all" {
  count        = local.cluster
  managed_zone = google_dns_managed_zone.googleapis[0].name
  name         = "*.googleapis.com."
  type         = "CNAME"
  ttl          = 300
  rrdatas      = ["private.googleapis.com."]
}

# webhooks, and images that are not Google's
resource "google_compute_router" "this" {
  count   = local.cluster
  name    = "holdfast"
  network = google_compute_network.this[0].id
  region  = var.region
}

resource "google_compute_router_nat" "this" {
  count                              = local.cluster
  name                               = "holdfast"
  router                             = google_compute_router.this[0].name
  region                             = var.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"
}

resource "google_service_account" "nodes" {
  count        = local.cluster
  account_id   = "holdfast-nodes"
  display_name = "Holdfast: GKE nodes"
  depends_on   = [google_project_service.used]
}

resource "google_project_iam_member" "nodes" {
  for_each = var.create_cluster ? toset(["roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"]) : []
  project  = var.project
  role     = each.value
  member   = "serviceAccount:${google_service_account.nodes[0].email}"
}

resource "google_container_cluster" "this" {
  count                    = local.cluster
  name                     = "holdfast"
  location                 = var.region
  network                  = google_compute_network.this[0].id
  subnetwork               = google_compute_subnetwork.nodes[0].id
  remove_default_node_pool = true
  initial_node_count       = 1
  datapath_provider        = "ADVANCED_DATAPATH"
  deletion_protection      = true

  release_channel {
    channel = "REGULAR"
  }

  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }

  private_cluster_config {
    enable_private_nodes = true
  }

  workload_identity_config {
    workload_pool = "${var.project}.svc.id.goog"
  }

  gateway_api_config {
    channel = "CHANNEL_STANDARD"
  }

  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS", "POD", "DEPLOYMENT"]
    managed_prometheus {
      enabled = true
    }
  }

  # what node pools that GKE makes by itself are made with
  cluster_autoscaling {
    autoscaling_profile = "OPTIMIZE_UTILIZATION"
    auto_provisioning_defaults {
      service_account = google_service_account.nodes[0].email
      oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    }
  }
}

resource "google_container_node_pool" "system" {
  count    = local.cluster
  name     = "system"
  cluster  = google_container_cluster.this[0].id
  location = var.region

  autoscaling {
    total_min_node_count = 2
    total_max_node_count = 6
    location_policy      = "BALANCED"
  }

  node_config {
    machine_type    = "e2-standard-4"
    service_account = google_service_account.nodes[0].email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    shielded_instance_config {
      enable_secure_boot = true
    }
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }
}

resource "google_container_node_pool" "spot" {
  for_each = var.create_cluster ? var.spot_pools : {}
  name     = each.key
  cluster  = google_container_cluster.this[0].id
  location = var.region

  autoscaling {
    total_min_node_count = 0
    total_max_node_count = each.value.nodes_max
    location_policy      = "ANY"
  }

  node_config {
    machine_type    = each.value.machine_type
    spot            = true
    service_account = google_service_account.nodes[0].email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]

    guest_accelerator {
      type  = each.value.gpu
      count = 1
      gpu_driver_installation_config {
        gpu_driver_version = "DEFAULT"
      }
    }

    gcfs_config {
      enabled = true
    }

    # so that the fleet's ComputeClass takes these nodes as its own
    labels = {
      "cloud.google.com/compute-class" = "holdfast-gpu-spot"
    }

    taint {
      key    = "cloud.google.com/compute-class"
      value  = "holdfast-gpu-spot"
      effect = "NO_SCHEDULE"
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }
}

resource "google_artifact_registry_repository" "images" {
  count         = local.cluster
  repository_id = "holdfast"
  location      = var.region
  format        = "DOCKER"
  depends_on    = [google_project_service.used]
}
