package policy

import (
	"slices"
	"strings"
)

// isProtected says whether nobody may do this, whatever allows it: change what AWS owns inside an account (rule 57).
func (q *query) isProtected() bool {
	resource := q.arn[arnResource]
	switch {
	case strings.EqualFold(q.service, "iam") && q.arn[arnService] == "iam":
		if isIAMRead(q.action) {
			return false
		}
		return strings.HasPrefix(resource, "role/aws-reserved/") ||
			q.arn[arnAccount] == "aws" && strings.HasPrefix(resource, "policy/")
	case strings.EqualFold(q.service, "kms") && strings.HasPrefix(resource, "alias/aws/"):
		return q.is("kms", "CreateAlias") || q.is("kms", "UpdateAlias") || q.is("kms", "DeleteAlias")
	}
	return false
}

// isIAMRead knows IAM's actions of the access levels Read and List by how their names begin.
func isIAMRead(action string) bool {
	return slices.ContainsFunc([]string{"Get", "List", "Generate", "Simulate"}, func(prefix string) bool {
		return len(action) >= len(prefix) && strings.EqualFold(action[:len(prefix)], prefix)
	})
}

// rcpServices are the prefixes of "List of AWS services that support RCPs" in the AWS Organizations User Guide.
var rcpServices = map[string]bool{
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
}

// isUnderRCPs says whether RCPs bear on the request: its service is one of those listed, and the resource is no
// service-linked role. Retiring a grant is excepted by that page.
func (q *query) isUnderRCPs() bool {
	if !rcpServices[q.service] && !rcpServices[lowerASCII(q.service)] {
		return false
	}
	if q.arn[arnService] == "iam" && strings.HasPrefix(q.arn[arnResource], "role/"+servicePath) {
		return false
	}
	return !q.is("kms", "RetireGrant")
}
