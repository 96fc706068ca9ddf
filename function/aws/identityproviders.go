package aws

import (
	"slices"
	"strings"
)

// IdentityProvider is an OIDC provider whose tokens carry a claim that says who the caller is.
type IdentityProvider struct {
	// Host is its URL without the scheme, or what that begins with where it ends in a dot or a slash; Label is what people call
	// it.
	Host, Label string
	// Claim is the claim to pin, Subject how the provider fills it in, with "NAME" for the customer's name. Both are empty
	// where the audience alone tells one customer from another.
	Claim, Subject string
	// Forms are the forms that the provider gives the claim, with "NAME" for the customer's name, and an asterisk for each part that the
	// customer chooses. Without any Subject is the only one.
	Forms []string
	// Owner is what stands before the part of the claim that a caller cannot choose, and Until what ends it.
	Owner, Until string
	// Audience is what a token is for, with "NAME" for the customer's name or application; empty where whoever asks for a
	// token says that.
	Audience string
	// Chosen are further claims whose value whoever asks for a token chooses.
	Chosen []string
	// Shared says that anybody can have an account there. Others give tokens only to whom their owner knows.
	Shared bool
	// Guests says that whoever has not signed in may have a token too.
	Guests bool
	// BuiltIn says that IAM knows it without an IAM OIDC provider in the account, and policies name it by its host.
	BuiltIn bool
}

// formsOfGitHub are the forms of the subject claim of GitHub's tokens:
// https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
func formsOfGitHub() []string {
	return []string{"repo:NAME/?*:ref:refs/heads/?*", "repo:NAME/?*:ref:refs/tags/?*", "repo:NAME/?*:pull_request", "repo:NAME/?*:environment:?*"}
}

// identityProviders are the common ones. The first page lists those that customers share, the second the built-in ones, and
// the third which claims are condition keys; what their tokens hold is theirs to document.
var identityProviders = table[[]IdentityProvider]{
	sources: []Source{
		{"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html", "2026-11-23"},
		{"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html", "2026-11-23"},
		{"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif", "2026-11-23"},
	},
	rows: []IdentityProvider{
		{
			Host: "token.actions.githubusercontent.com", Label: "GitHub Actions", Claim: "sub", Subject: "repo:NAME/probe:ref:refs/heads/main",
			Owner: "repo:", Until: "/", Shared: true,
			Forms: formsOfGitHub(),
			Chosen: []string{
				"ref", "ref_type", "ref_protected", "head_ref", "base_ref", "environment", "environment_node_id", "event_name", "workflow", "sha",
				"runner_environment", "repository_visibility",
			},
		},
		// An enterprise may have an issuer of its own, which no stranger gets tokens of; whoever asks for one says its audience.
		{
			Host: "token.actions.githubusercontent.com/", Label: "GitHub Actions in the enterprise", Claim: "sub", Subject: "repo:NAME/probe:ref:refs/heads/main",
			Forms: formsOfGitHub(),
			Owner: "repo:", Until: "/", Chosen: []string{"ref", "ref_type", "environment", "event_name", "workflow"},
		},
		{
			Host: "vstoken.actions.githubusercontent.com", Label: "GitHub Actions", Claim: "sub", Subject: "repo:NAME/probe", Owner: "repo:", Until: "/", Shared: true,
			Forms: []string{"repo:NAME/?*"},
		},
		{Host: "oidc-configuration.audit-log.githubusercontent.com", Label: "GitHub's audit log", Claim: "sub", Subject: "https://github.com/NAME", Shared: true},
		{
			Host: "gitlab.com", Label: "GitLab", Claim: "sub", Subject: "project_path:NAME/probe:ref_type:branch:ref:main", Owner: "project_path:", Until: "/",
			Forms:  []string{"project_path:NAME/?*:ref_type:branch:ref:?*", "project_path:NAME/?*:ref_type:tag:ref:?*"},
			Shared: true, Chosen: []string{"ref", "ref_type", "ref_protected", "environment", "pipeline_source"},
		},
		{
			Host: "app.terraform.io", Label: "HCP Terraform", Claim: "sub", Subject: "organization:NAME:project:p:workspace:w:run_phase:apply",
			Owner: "organization:", Until: ":", Shared: true,
			Forms: []string{"organization:NAME:project:?*:workspace:?*:run_phase:plan", "organization:NAME:project:?*:workspace:?*:run_phase:apply"},
		},
		{
			Host: "agent.buildkite.com", Label: "Buildkite", Claim: "sub", Subject: "organization:NAME:pipeline:p:ref:refs/heads/main:commit:c:step:s",
			Owner: "organization:", Until: ":", Shared: true, Forms: []string{"organization:NAME:pipeline:?*:ref:?*:commit:?*:step:*"},
		},
		{
			Host: "oidc.codefresh.io", Label: "Codefresh", Claim: "sub", Subject: "account:NAME:pipeline:p", Owner: "account:", Until: ":", Shared: true,
			Forms: []string{"account:NAME:pipeline:?*"},
		},
		{
			Host: "oidc.vercel.com", Label: "Vercel", Claim: "sub", Subject: "owner:NAME:project:p:environment:production", Owner: "owner:", Until: ":",
			Audience: "https://vercel.com/NAME", Shared: true, Forms: []string{"owner:NAME:project:?*:environment:?*"},
		},
		{Host: "api.pulumi.com/oidc", Label: "Pulumi Cloud", Audience: "aws:NAME", Shared: true},
		{Host: "scalr.io", Label: "Scalr", Claim: "sub", Subject: "NAME", Shared: true},
		{Host: "tokens.cloud.shisho.dev", Label: "Shisho Cloud", Claim: "sub", Subject: "NAME", Shared: true},
		{Host: "proidc.upbound.io", Label: "Upbound", Claim: "sub", Subject: "NAME", Shared: true},
		{Host: "studio.datachain.ai/api", Label: "DVC Studio", Claim: "sub", Subject: "NAME", Shared: true},
		{Host: "sandboxes.cloud", Label: "Sandboxes", Audience: "NAME", Shared: true},
		// The aud of Google's tokens is the client or the service account that it was made for (azp); oaud is asked for.
		{Host: "accounts.google.com", BuiltIn: true, Label: "Google", Claim: "sub", Subject: "100000000000000000000", Audience: "NAME", Chosen: []string{"oaud"}, Shared: true},
		// In GovCloud and in China Cognito has names of its own.
		{Host: "cognito-identity.amazonaws.com", BuiltIn: true, Label: "Amazon Cognito", Audience: "NAME", Shared: true, Guests: true},
		{Host: "cognito-identity-us-gov.amazonaws.com", Label: "Amazon Cognito", Audience: "NAME", Shared: true, Guests: true},
		{Host: "cognito-identity.cn-north-1.amazonaws.com.cn", Label: "Amazon Cognito", Audience: "NAME", Shared: true, Guests: true},
		{Host: "www.amazon.com", BuiltIn: true, Label: "Login with Amazon", Audience: "NAME", Shared: true},
		{Host: "graph.facebook.com", BuiltIn: true, Label: "Facebook", Audience: "NAME", Shared: true},
		{Host: "oidc.eks.", Label: "an EKS cluster", Claim: "sub", Subject: "system:serviceaccount:NAME:probe", Forms: []string{"system:serviceaccount:NAME:?*"}, Owner: "system:serviceaccount:", Until: ":"},
	},
}

// builtInProviders are the hosts of the built-in ones, which every request and policy is asked about.
var builtInProviders = hostsOfBuiltIn()

func hostsOfBuiltIn() []string {
	var hosts []string
	for _, p := range identityProviders.rows {
		if p.BuiltIn {
			hosts = append(hosts, p.Host)
		}
	}
	return hosts
}

// BuiltInProviders are the hosts of the providers that need no IAM OIDC provider.
func BuiltInProviders() []string { return slices.Clone(builtInProviders) }

// IsBuiltInProvider tells whether a text is the name of a provider that needs no IAM OIDC provider.
func IsBuiltInProvider(text string) bool { return slices.Contains(builtInProviders, text) }

// IdentityProviderAt gives the provider of a URL without its scheme; false for one that is not known. A URL that has a path
// more than a shared provider's is that of one customer.
func IdentityProviderAt(host string) (IdentityProvider, bool) {
	for _, p := range identityProviders.rows {
		open := strings.HasSuffix(p.Host, ".") || strings.HasSuffix(p.Host, "/")
		if host == p.Host || open && strings.HasPrefix(host, p.Host) {
			return p, true
		}
	}
	return IdentityProvider{}, false
}

// ClaimHost is the host of the identity provider whose claim a condition key holds, as "gitlab.com" of "gitlab.com:sub"; false for a key that
// holds none.
func ClaimHost(key string) (host string, ok bool) {
	host = key[:max(strings.LastIndexByte(key, ':'), 0)]
	return host, strings.Contains(host, ".")
}
