package exposure

import (
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

const (
	principals = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
	deputy     = "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"
	urls       = "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)

// IDs of the checks that others name.
const (
	functionPublic = "RW407"
	urlPublic      = "RW409"
)

// Checks are the checks of this package.
func Checks() []*check.Check { return append(trustChecks(), functionChecks()...) }

func trustChecks() []*check.Check {
	return []*check.Check{
		{
			ID: "RW401", Slug: "trust-anyone", Title: "Anyone can assume the role", Severity: check.Critical, Since: "0.1.0",
			Why: "The trust policy lets in every principal of every AWS account, without a condition that keeps anybody out. Whoever knows the " +
				"role's ARN has all that the role may do.",
			Fix:    "Name who is meant to assume the role instead of \"*\". For an execution role that is the service lambda.amazonaws.com alone.",
			Source: principals + " (Wildcards in the Principal element: do not use one in a trust policy unless a condition restricts it)",
			Run:    anyone,
			Reads:  []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions},
		},
		{
			ID: "RW402", Slug: "trust-anyone-conditioned", Title: "Anyone who meets a condition can assume the role", Severity: check.High, Since: "0.2.0",
			Why: "The trust policy names everybody, and only a condition keeps strangers out. Whoever meets it has all that the role may do; a condition that is " +
				"edited, or that somebody can meet at will, opens the role to the world.",
			Fix:    "Name who is meant in Principal, and keep the condition beside it.",
			Source: principals, Run: conditioned,
			Reads: []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions, check.Organization},
		},
		{
			ID: "RW403", Slug: "trust-external-account", Title: "Another account can assume the role", Severity: check.High, Since: "0.2.0",
			Why:    "Whoever the other account's owner lets has all that the role may do, and nothing in this account says who that is.",
			Fix:    "Take the account out of the trust policy. If it is meant to be there, tell it in the settings (trustedAccounts or organization).",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html", Run: external,
			Reads: []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions, check.TrustedAccounts, check.Organization, check.OrganizationAccounts},
		},
		{
			ID: "RW404", Slug: "trust-no-external-id", Title: "Another account can assume the role without an external ID", Severity: check.Medium, Since: "0.2.0",
			Why: "A third party that acts for many customers can be talked into using this role for another of them, who only has to know its ARN.",
			Fix: "Ask for an external ID that the third party has given for this account: a condition StringEquals on sts:ExternalId.", Source: deputy, Run: noExternalID,
			Reads: []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions, check.TrustedAccounts, check.Organization, check.OrganizationAccounts},
		},
		{
			ID: "RW405", Slug: "trust-oidc-open", Title: "Anybody's token of an identity provider opens the role", Severity: check.Critical, Since: "0.2.0",
			Why: "The provider gives tokens to everybody who has an account there. Without a condition on the claim that says who the caller is, a stranger's token is as good as yours. " +
				"A Cognito identity pool that lets guests in gives tokens to whoever knows its ID.",
			Fix:    "Pin the caller: a condition on the provider's sub claim (for GitHub repo:OWNER/REPOSITORY:...), and on aud; for Cognito on aud and amr.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html", Run: openProvider,
			Reads: []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions, check.Organization},
		},
		{
			ID: "RW406", Slug: "trust-extra-service", Title: "Other services than Lambda can assume the role", Severity: check.Medium, Since: "0.2.0",
			Why: "Whoever may use the other service and pass this role to it has all that the function may do, with code or a definition of his own.",
			Fix: "Give each service a role of its own, and let an execution role trust lambda.amazonaws.com alone.", Source: principals, Run: otherServices,
			Reads: []check.Fact{check.Identity, check.Trust, check.ResourceControlPolicies, check.Functions, check.EdgeReplication},
		},
	}
}

func functionChecks() []*check.Check {
	return []*check.Check{
		{
			ID: functionPublic, Slug: "function-public", Title: "Anyone can invoke the function", Severity: check.Critical, Since: "0.2.0",
			Why:    "The function's own policy lets every AWS account invoke it: with events of a stranger's choice, at your cost, with all that the role may do behind it.",
			Fix:    "Remove the statement, and name the account or service that is meant to invoke the function.",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html", PerFunction: true, Run: public,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.FunctionURLs, check.Organization},
		},
		{
			ID: "RW408", Slug: "function-open-service", Title: "A service may invoke the function for anybody", Severity: check.Medium, Since: "0.2.0",
			Why:    "The service acts for all of its customers. Without aws:SourceArn or aws:SourceAccount (for Alexa the skill's token) another customer can make it invoke this function.",
			Fix:    "Add the ARN or the account of what is meant to invoke the function: add-permission with --source-arn or --source-account.",
			Source: deputy, PerFunction: true, Run: openService,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.FunctionURLs},
		},
		{
			ID: urlPublic, Slug: "url-public", Title: "The function has a public URL", Severity: check.High, Since: "0.2.0",
			Why: "The URL asks for no credentials, and the function's policy lets everybody use it: the code is on the internet, and has to look after itself.",
			Fix: "Set the URL's AuthType to AWS_IAM, or put a gateway before the function that knows who calls.", Source: urls, PerFunction: true, Run: publicURL,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.FunctionURLs},
		},
		{
			ID: "RW410", Slug: "public-and-privileged", Title: "A public function has a powerful role", Severity: check.Critical, Since: "0.2.0",
			Why: "Anyone can call the function, and what it runs as can take over the account or change who may do what. One fault in its code is enough.",
			Fix: "Close the function to the public, or take the power from its role; best both.", Source: urls, PerFunction: true, Join: publicAndPrivileged,
			Reads: effective.Reads(check.ResourcePolicies, check.FunctionURLs),
		},
		{
			ID: "RW411", Slug: "external-layer", Title: "The function runs a layer of another account", Severity: check.Medium, Since: "0.2.0",
			Why:    "A layer is code that runs with the function's role. Its publisher decides what is in it. Accounts that AWS's guides name are known by Region.",
			Fix:    "Publish the layer in an account of your own, or tell its account in the settings (layerAccounts).",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html", PerFunction: true, Run: externalLayer,
			Reads: []check.Fact{check.Functions, check.Configuration, check.TrustedAccounts, check.OrganizationAccounts, check.LayerAccounts},
		},
		{
			ID: "RW412", Slug: "function-external-account", Title: "Another account can use the function", Severity: check.Medium, Since: "0.3.0",
			Why: "The function's own policy names an account that is not trusted. Whoever that account's owner allows can use the function: invoke it, read its code and environment, " +
				"or put other code in it, which runs with all that the role may do.",
			Fix:    "Remove the statement. If the account is meant, name it in the settings (trustedAccounts or organization).",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html", PerFunction: true, Run: foreignAccount,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.FunctionURLs, check.TrustedAccounts, check.Organization, check.OrganizationAccounts},
		},
		{
			ID: "RW413", Slug: "function-public-conditioned", Title: "Anyone who meets a condition can use the function", Severity: check.High, Since: "0.3.0",
			Why: "The function's own policy names everybody, and only a network or an organization keeps strangers out. Whoever gets a foothold there can use the function, " +
				"with credentials of any account.",
			Fix: "Name who is meant in Principal, and keep the condition.", Source: principals, PerFunction: true, Run: publicConditioned,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.FunctionURLs, check.Organization},
		},
		{
			ID: "RW414", Slug: "function-public-api", Title: "Anyone can read the function or act on it", Severity: check.High, Since: "0.3.0",
			Why: "The function's own policy lets every AWS account call an action on it: lambda:GetFunction gives the code and the environment variables, and others change how " +
				"the function is used, or delete it.",
			Fix:    "Remove the statement, and name the account that is meant.",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html", PerFunction: true, Run: publicAPI,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.Organization},
		},
		{
			ID: "RW415", Slug: "external-runtime", Title: "The function runs a runtime of another account", Severity: check.High, Since: "0.3.0",
			Why: "The publisher of a customer-managed runtime can put any code into the functions that use it, and that code runs with the permissions of the role. " +
				"Unless the function keeps one version, it gets the next one without a change of its own.",
			Fix:    "Build the runtime in an account of your own from the publisher's images, or name the account in the settings (trustedAccounts).",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/cmr-using.html", PerFunction: true, Run: externalRuntime,
			Reads: []check.Fact{check.Functions, check.Configuration, check.RuntimeUpdates, check.TrustedAccounts, check.OrganizationAccounts},
		},
	}
}
