package aws

// globalServices have one endpoint for all Regions of a partition, by the prefix of their actions.
var globalServices = table[map[string]bool]{
	sources: []Source{
		{"https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html", "2026-11-28"},
		{"https://docs.aws.amazon.com/general/latest/gr/rande.html", "2026-11-23"},
	},
	rows: map[string]bool{
		"iam": true, "organizations": true, "cloudfront": true, "route53": true, "route53domains": true, "account": true, "shield": true,
		"waf": true, "support": true, "billing": true, "budgets": true, "ce": true, "cur": true, "health": true, "trustedadvisor": true,
	},
}

// IsGlobalService tells whether a service, by the prefix of its actions in small letters, has one endpoint for all Regions of a
// partition. Requests to it go to the partition's global Region.
func IsGlobalService(prefix string) bool { return globalServices.rows[prefix] }
