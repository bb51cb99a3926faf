SELECT
  TRIM(CAST("line_item_line_item_type" AS VARCHAR)) AS "line_item_line_item_type",
  CASE WHEN bursar_long THEN TRIM(CAST("line_item_usage_type" AS VARCHAR)) END AS "line_item_usage_type",
  CASE WHEN bursar_long THEN COALESCE(NULLIF(element_at("resource_tags", 'team'), ''), NULLIF(element_at("resource_tags", 'user:team'), ''), NULLIF(element_at("resource_tags", 'user_team'), '')) END AS "resource_tags_user_team",
  TRIM(CAST("line_item_usage_start_date" AS VARCHAR)) AS "line_item_usage_start_date",
  CASE WHEN bursar_long THEN COALESCE(NULLIF(element_at("product", 'region_code'), ''), NULLIF(element_at("product", 'region'), '')) END AS "product_region_code",
  CASE WHEN bursar_long THEN NULLIF(element_at("product", 'instance_type'), '') END AS "product_instance_type",
  CASE WHEN bursar_long THEN NULLIF(element_at("product", 'operating_system'), '') END AS "product_operating_system",
  CASE WHEN bursar_long THEN NULLIF(element_at("product", 'tenancy'), '') END AS "product_tenancy",
  CASE WHEN bursar_long THEN NULLIF(element_at("product", 'pre_installed_sw'), '') END AS "product_pre_installed_sw",
  CASE WHEN bursar_long THEN NULLIF(element_at("product", 'license_model'), '') END AS "product_license_model",
  CAST(SUM(bursar_amount) AS VARCHAR) AS "line_item_usage_amount",
  CAST(COUNT(*) AS VARCHAR) AS "bursar_rows",
  CAST(SUM(CASE WHEN bursar_long AND COALESCE(bursar_amount, -1) < 0 THEN 1 ELSE 0 END) AS VARCHAR) AS "bursar_unread",
  CAST(NULL AS VARCHAR) AS "product",
  CAST(NULL AS VARCHAR) AS "resource_tags"
FROM (
  SELECT *, ("line_item_usage_type" LIKE '%BoxUsage%' OR "line_item_usage_type" LIKE '%SpotUsage%' OR "line_item_usage_type" LIKE '%DedicatedUsage%' OR "line_item_usage_type" LIKE '%HeavyUsage%' OR "line_item_usage_type" LIKE '%HostUsage%' OR "line_item_usage_type" LIKE '%UnusedBox%' OR "line_item_usage_type" LIKE '%UnusedDed%' OR "line_item_usage_type" LIKE '%Reservation:%' OR "line_item_usage_type" LIKE '%DedicatedRes:%') AS bursar_long, CAST(TRY_CAST("line_item_usage_amount" AS DECIMAL(38, 15)) AS DECIMAL(38, 9)) AS bursar_amount
  FROM billing.cur2 WHERE (TRIM(CAST("billing_period" AS VARCHAR)) LIKE '2026-04%') AND NOT COALESCE("line_item_line_item_type" IN ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee'), FALSE)
) bill
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
UNION ALL
SELECT
  TRIM(CAST("line_item_line_item_type" AS VARCHAR)) AS "line_item_line_item_type",
  TRIM(CAST("line_item_usage_type" AS VARCHAR)) AS "line_item_usage_type",
  COALESCE(NULLIF(element_at("resource_tags", 'team'), ''), NULLIF(element_at("resource_tags", 'user:team'), ''), NULLIF(element_at("resource_tags", 'user_team'), '')) AS "resource_tags_user_team",
  TRIM(CAST("line_item_usage_start_date" AS VARCHAR)) AS "line_item_usage_start_date",
  COALESCE(NULLIF(element_at("product", 'region_code'), ''), NULLIF(element_at("product", 'region'), '')) AS "product_region_code",
  NULLIF(element_at("product", 'instance_type'), '') AS "product_instance_type",
  NULLIF(element_at("product", 'operating_system'), '') AS "product_operating_system",
  NULLIF(element_at("product", 'tenancy'), '') AS "product_tenancy",
  NULLIF(element_at("product", 'pre_installed_sw'), '') AS "product_pre_installed_sw",
  NULLIF(element_at("product", 'license_model'), '') AS "product_license_model",
  TRIM(CAST("line_item_usage_amount" AS VARCHAR)) AS "line_item_usage_amount",
  '1' AS "bursar_rows",
  '0' AS "bursar_unread",
  CAST(NULL AS VARCHAR) AS "product",
  CAST(NULL AS VARCHAR) AS "resource_tags"
FROM billing.cur2 WHERE (TRIM(CAST("billing_period" AS VARCHAR)) LIKE '2026-04%') AND "line_item_line_item_type" IN ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee')
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
