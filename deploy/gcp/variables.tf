variable "project" {
  description = "The project's id. Holdfast wants a project to itself: see iam.tf."
  type        = string
}

variable "region" {
  description = "Of bucket, database and cluster, and of the Pub/Sub endpoint that HOLDFAST_GCP_REGION names."
  type        = string
  default     = "europe-west4"
}

variable "bucket" {
  description = "The bucket for inputs and results; HOLDFAST_GCP_BUCKET."
  type        = string
}

variable "database" {
  description = "The Firestore database's id; HOLDFAST_GCP_DATABASE."
  type        = string
  default     = "(default)"
}

variable "create_database" {
  description = "false where the project's Firestore database is there already."
  type        = bool
  default     = true
}

variable "input_buckets" {
  description = "Buckets from which jobs may name gs: inputs; HOLDFAST_GCP_INPUT_BUCKETS."
  type        = set(string)
  default     = []
}

variable "object_days" {
  description = "Days after which an object is deleted even if nobody did; longer than any job lives and is kept."
  type        = number
  default     = 60
  validation {
    condition     = var.object_days >= 14
    error_message = "A job is kept for 7 days after its end, and may run for days before that."
  }
}

variable "namespace" {
  description = "The Kubernetes namespace of deploy/gke."
  type        = string
  default     = "holdfast"
}

variable "create_cluster" {
  description = "Whether to make a GKE cluster, its network and an image repository, too."
  type        = bool
  default     = false
}

variable "spot_pools" {
  description = "Spot node pools of a fixed kind, by name. GKE makes pools for the ComputeClasses by itself; these are for those who want to see to them."
  type = map(object({
    machine_type = string
    gpu          = string
    nodes_max    = number
  }))
  default = {}
}
