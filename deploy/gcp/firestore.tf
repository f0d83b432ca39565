resource "google_firestore_database" "records" {
  count                   = var.create_database ? 1 : 0
  name                    = var.database
  location_id             = var.region
  type                    = "FIRESTORE_NATIVE"
  concurrency_mode        = "OPTIMISTIC"
  delete_protection_state = "DELETE_PROTECTION_ENABLED"
  depends_on              = [google_project_service.used]
}

locals {
  indexes = {
    for index in local.firestore.indexes :
    join("-", concat([index.collectionGroup], [for field in index.fields : join("_", [field.fieldPath, try(field.order, field.arrayConfig)])])) => index
  }

  fields = {
    for field in local.firestore.fieldOverrides : join("-", [field.collectionGroup, field.fieldPath]) => field
  }
}

resource "google_firestore_index" "queries" {
  for_each    = local.indexes
  database    = var.database
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields
    content {
      field_path   = fields.value.fieldPath
      order        = try(fields.value.order, null)
      array_config = try(fields.value.arrayConfig, null)
    }
  }

  depends_on = [google_firestore_database.records]
}

# Few fields are indexed by themselves: each index costs on every write, and a timestamp in one makes
# a hot spot. expireAt deletes what has expired.
resource "google_firestore_field" "overrides" {
  for_each   = local.fields
  database   = var.database
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes
      content {
        order       = try(indexes.value.order, null)
        query_scope = indexes.value.queryScope
      }
    }
  }

  dynamic "ttl_config" {
    for_each = try(each.value.ttl, false) ? [1] : []
    content {}
  }

  depends_on = [google_firestore_database.records]
}
