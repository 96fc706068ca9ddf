package aws

import "maps"

// rcpServices are the services whose resources RCPs apply to, by the prefix of their actions: "List of AWS services that
// support RCPs".
var rcpServices = table[map[string]bool]{
	sources: []Source{{"https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services", "2026-11-23"}},
	rows: map[string]bool{
		"aoss": true, "appconfig": true, "appstream": true, "autoscaling": true, "autoscaling-plans": true,
		"budgets": true, "clouddirectory": true, "cloudsearch": true, "cloudtrail-data": true, "codeartifact": true,
		"codebuild": true, "codecommit": true, "codepipeline": true, "cognito-identity": true, "cognito-idp": true,
		"comprehend": true, "comprehendmedical": true, "compute-optimizer": true, "cost-optimization-hub": true,
		"dax": true, "dsql": true, "dynamodb": true, "ecr": true, "ecr-public": true, "events": true,
		"firehose": true, "fis": true, "fms": true, "gamelift": true, "health": true, "inspector-scan": true,
		"kendra": true, "kinesisvideo": true, "kms": true, "logs": true, "memorydb": true, "networkmonitor": true,
		"notifications": true, "opensearch": true, "pca-connector-ad": true, "personalize": true, "polly": true,
		"pricing": true, "resource-groups": true, "rolesanywhere": true, "s3": true, "secretsmanager": true,
		"servicediscovery": true, "signin": true, "sqs": true, "sts": true, "support": true, "swf": true,
		"textract": true, "timestream-influxdb": true, "transcribe": true, "transfer": true, "translate": true,
		"wafv2": true, "workspaces": true, "xray": true,
	},
}

// RCPServices are the services whose resources RCPs apply to, by the prefix of their actions.
func RCPServices() map[string]bool { return maps.Clone(rcpServices.rows) }

// SupportsRCPs tells whether RCPs apply to the resources of a service, by the prefix of its actions in small letters.
func SupportsRCPs(prefix string) bool { return rcpServices.rows[prefix] }
