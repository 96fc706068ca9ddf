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
func Checks() []*check.Check {
	all := append(trustChecks(), functionChecks()...)
	for _, c := range all {
		c.Severities = check.AnySeverity() // It depends on who has access, and to what.
	}
	return all
}

func trustChecks() []*check.Check {
	return []*check.Check{
		{
			ID: "RW401", Slug: "trust-anyone", Title: "Anyone can assume the role", Severity: check.Critical, Since: "0.1.0",
			Why: "The trust policy allows every principal of every AWS account to assume the role, and no condition restricts them. Anyone who " +
				"knows the ARN of the role gets its permissions.",
			Fix: "Replace \"*\" with the principal that has to assume the role. For an execution role, that is only the service " +
				"lambda.amazonaws.com.",
			Source: principals + " (Wildcards in the Principal element: do not use one in a trust policy unless a condition restricts it)",
			Run:    anyone,
			Reads:  []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions},
		},
		{
			ID: "RW402", Slug: "trust-anyone-conditioned", Title: "Anyone who meets a condition can assume the role", Severity: check.High, Since: "0.2.0",
			Why: "The trust policy names every principal, and only a condition restricts who can assume the role. Anyone who meets it gets the " +
				"permissions of the role. If the condition is removed, or if callers can choose the value of the key, everyone can assume the role.",
			Fix:    "In Principal, name who has to assume the role, and keep the condition.",
			Source: principals, Run: conditioned,
			Reads: []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions, check.Organization},
		},
		{
			ID: "RW403", Slug: "trust-external-account", Title: "Another account can assume the role", Severity: check.High, Since: "0.2.0",
			Why: "The owner of the other account decides which of its principals can assume the role and get its permissions. Nothing in this " +
				"account shows who they are.",
			Fix: "Remove the account from the trust policy. If you trust the account, name it in the settings (trustedAccounts or " +
				"organization).",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html", Run: external,
			Reads: []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions, check.TrustedAccounts, check.Organization, check.OrganizationAccounts},
		},
		{
			ID: "RW404", Slug: "trust-no-external-id", Title: "Another account can assume the role without an external ID", Severity: check.Medium, Since: "0.2.0",
			Why: "A third party can act for many customers. Another customer who knows the ARN of the role can make the third party use the " +
				"role for them. AWS calls this the confused deputy problem.",
			Fix: "Require the external ID that the third party gave for this account: add a StringEquals condition on sts:ExternalId.", Source: deputy, Run: noExternalID,
			Reads: []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions, check.TrustedAccounts, check.Organization, check.OrganizationAccounts},
		},
		{
			ID: "RW405", Slug: "trust-oidc-open", Title: "Anyone with a token of an identity provider can assume the role", Severity: check.Critical, Since: "0.2.0",
			Why: "The provider issues tokens to everyone who has an account there. Without a condition on the claim that identifies the caller, " +
				"AWS accepts any token of the provider. An Amazon Cognito identity pool that allows guests issues tokens to anyone who " +
				"knows its ID.",
			Fix: "Restrict the caller: add conditions on the provider's sub claim (for GitHub repo:OWNER/REPOSITORY:...) and on aud. For Amazon " +
				"Cognito, use aud and amr.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html", Run: openProvider,
			Reads: []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions, check.Organization},
		},
		{
			ID: "RW406", Slug: "trust-extra-service", Title: "Services other than Lambda can assume the role", Severity: check.Medium, Since: "0.2.0",
			Why: "Anyone who can use the other service and pass this role to it gets the permissions of the function, with code or a definition " +
				"of their own.",
			Fix: "Give each service a role of its own. In the trust policy of an execution role, allow only lambda.amazonaws.com.", Source: principals, Run: otherServices,
			Reads: []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions, check.EdgeReplication},
		},
	}
}

func functionChecks() []*check.Check {
	return []*check.Check{
		{
			ID: functionPublic, Slug: "function-public", Title: "Anyone can invoke the function", Severity: check.Critical, Since: "0.2.0",
			Why: "The function's resource policy allows every AWS account to invoke it. Strangers choose the event, you pay for the invocation, " +
				"and the code runs with the permissions of the role.",
			Fix:    "Remove the statement, and name the account or service that has to invoke the function.",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html", PerFunction: true, Run: public,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.FunctionURLs, check.Organization},
		},
		{
			ID: "RW408", Slug: "function-open-service", Title: "A service can invoke the function on behalf of any customer", Severity: check.Medium, Since: "0.2.0",
			Why: "The service acts for all of its customers. Without a condition on aws:SourceArn or aws:SourceAccount (for Alexa, on the token " +
				"of the skill), another customer can make it invoke this function.",
			Fix: "Add the ARN or the account of the resource that has to invoke the function: use add-permission with --source-arn or " +
				"--source-account.",
			Source: deputy, PerFunction: true, Run: openService,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.FunctionURLs},
		},
		{
			ID: urlPublic, Slug: "url-public", Title: "The function has a public URL", Severity: check.High, Since: "0.2.0",
			Why: "The URL requires no credentials, and the function's resource policy allows everyone to use it. The function is reachable from " +
				"the internet, and only its own code can reject a request.",
			Fix: "Set the AuthType of the URL to AWS_IAM, or put a gateway that authenticates callers in front of the function.", Source: urls, PerFunction: true, Run: publicURL,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.FunctionURLs},
		},
		{
			ID: "RW410", Slug: "public-and-privileged", Title: "A public function has a powerful role", Severity: check.Critical, Since: "0.2.0",
			Why: "Anyone can call the function, and its role can take control of the account or change who has access. One flaw in the " +
				"function's code is enough for an attacker.",
			Fix: "Remove public access to the function, or reduce the permissions of its role. Do both if you can.", Source: urls, PerFunction: true, Join: publicAndPrivileged,
			Reads: effective.OutsideRCPs(effective.Reads(check.ResourcePolicies, check.FunctionURLs, check.AccountGraph)),
		},
		{
			ID: "RW411", Slug: "external-layer", Title: "The function runs a layer of another account", Severity: check.Medium, Since: "0.2.0",
			Why: "A layer is code that runs with the permissions of the function's role. The publisher of the layer decides what it contains. " +
				"rolewatch has a list, by Region, of the accounts from which AWS publishes layers according to its guides.",
			Fix:    "Publish the layer in an account of your own. If you trust the account, name it in the settings (layerAccounts).",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html", PerFunction: true, Run: externalLayer,
			Reads: []check.Fact{check.Functions, check.Configuration, check.TrustedAccounts, check.OrganizationAccounts, check.LayerAccounts},
		},
		{
			ID: "RW412", Slug: "function-external-account", Title: "Another account can use the function", Severity: check.Medium, Since: "0.3.0",
			Why: "The function's resource policy names an account that is not trusted. The owner of that account decides which principals can " +
				"use the function. Depending on the actions, they can invoke it, read its code and environment variables, or replace its code, " +
				"which runs with the permissions of the role.",
			Fix:    "Remove the statement. If you trust the account, name it in the settings (trustedAccounts or organization).",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html", PerFunction: true, Run: foreignAccount,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.FunctionURLs, check.TrustedAccounts, check.Organization, check.OrganizationAccounts},
		},
		{
			ID: "RW413", Slug: "function-public-conditioned", Title: "Anyone who meets a condition can use the function", Severity: check.High, Since: "0.3.0",
			Why: "The function's resource policy names every principal, and only a network or an organization restricts who can use the " +
				"function. Anyone who can send requests from there can use it, with credentials of any account.",
			Fix: "In Principal, name who has to use the function, and keep the condition.", Source: principals, PerFunction: true, Run: publicConditioned,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.FunctionURLs, check.Organization},
		},
		{
			ID: "RW414", Slug: "function-public-api", Title: "Anyone can read the function or act on it", Severity: check.High, Since: "0.3.0",
			Why: "The function's resource policy allows every AWS account to call an action on the function. lambda:GetFunction returns the " +
				"code and the environment variables. Other actions change how the function is used, or delete it.",
			Fix:    "Remove the statement, and name the account that has to use the function.",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html", PerFunction: true, Run: publicAPI,
			Reads: []check.Fact{check.Functions, check.ResourcePolicies, check.Organization},
		},
		{
			ID: "RW415", Slug: "external-runtime", Title: "The function runs a runtime of another account", Severity: check.High, Since: "0.3.0",
			Why: "The publisher of a customer-managed runtime can put any code into the functions that use it. That code runs with the " +
				"permissions of the role. Unless the function is pinned to a runtime version, Lambda updates it to the next version without a change to the function.",
			Fix: "Build the runtime in an account of your own from the publisher's images. If you trust the account, name it in the settings " +
				"(trustedAccounts).",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/cmr-using.html", PerFunction: true, Run: externalRuntime,
			Reads: []check.Fact{check.Functions, check.Configuration, check.RuntimeUpdates, check.TrustedAccounts, check.OrganizationAccounts},
		},
	}
}
