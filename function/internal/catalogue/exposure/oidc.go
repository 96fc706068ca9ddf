package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// provider is an identity provider whose tokens carry a claim that says who the caller is.
type provider struct {
	// host is its URL without the scheme, or what that begins with where it ends in a dot or a slash; name is what people call it.
	host, name string
	// claim is the claim to pin, foreign what a stranger's token holds in it. Both are empty where the audience alone tells
	// one customer from another.
	claim, foreign string
	// owner is what stands before the part of the claim that a stranger cannot choose, and until what ends it.
	owner, until string
	// audience is what a stranger's token is for; empty where whoever asks for a token says that.
	audience string
	// chosen are further claims whose value whoever asks for a token chooses.
	chosen []string
	// shared says that strangers have accounts there. Others give tokens only to whom their owner knows.
	shared bool
	// guests says that whoever has not signed in may have a token too.
	guests bool
}

// foreignAudience is an audience, or an application's ID, that a stranger's token holds.
const foreignAudience = "rolewatch-probe"

// providers are the common ones. Those that customers share are on
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html; what their tokens hold is
// theirs to document, and which claims are condition keys is on
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
var providers = []provider{
	{
		host: "token.actions.githubusercontent.com", name: "GitHub Actions", claim: "sub", foreign: "repo:rolewatch-probe/probe:ref:refs/heads/main",
		owner: "repo:", until: "/", shared: true,
		chosen: []string{
			"ref", "ref_type", "ref_protected", "head_ref", "base_ref", "environment", "environment_node_id", "event_name", "workflow", "sha",
			"runner_environment", "repository_visibility",
		},
	},
	// An enterprise may have an issuer of its own, which no stranger gets tokens of; whoever asks for one says its audience.
	{
		host: "token.actions.githubusercontent.com/", name: "GitHub Actions in the enterprise", claim: "sub", foreign: "repo:rolewatch-probe/probe:ref:refs/heads/main",
		owner: "repo:", until: "/", chosen: []string{"ref", "ref_type", "environment", "event_name", "workflow"},
	},
	{host: "vstoken.actions.githubusercontent.com", name: "GitHub Actions", claim: "sub", foreign: "repo:rolewatch-probe/probe", owner: "repo:", until: "/", shared: true},
	{host: "oidc-configuration.audit-log.githubusercontent.com", name: "GitHub's audit log", claim: "sub", foreign: "https://github.com/rolewatch-probe", shared: true},
	{
		host: "gitlab.com", name: "GitLab", claim: "sub", foreign: "project_path:rolewatch-probe/probe:ref_type:branch:ref:main", owner: "project_path:", until: "/",
		shared: true, chosen: []string{"ref", "ref_type", "ref_protected", "environment", "pipeline_source"},
	},
	{
		host: "app.terraform.io", name: "HCP Terraform", claim: "sub", foreign: "organization:rolewatch-probe:project:p:workspace:w:run_phase:apply",
		owner: "organization:", until: ":", shared: true,
	},
	{
		host: "agent.buildkite.com", name: "Buildkite", claim: "sub", foreign: "organization:rolewatch-probe:pipeline:p:ref:refs/heads/main:commit:c:step:s",
		owner: "organization:", until: ":", shared: true,
	},
	{host: "oidc.codefresh.io", name: "Codefresh", claim: "sub", foreign: "account:rolewatch-probe:pipeline:p", owner: "account:", until: ":", shared: true},
	{
		host: "oidc.vercel.com", name: "Vercel", claim: "sub", foreign: "owner:rolewatch-probe:project:p:environment:production", owner: "owner:", until: ":",
		audience: "https://vercel.com/rolewatch-probe", shared: true,
	},
	{host: "api.pulumi.com/oidc", name: "Pulumi Cloud", audience: "aws:rolewatch-probe", shared: true},
	{host: "scalr.io", name: "Scalr", claim: "sub", foreign: foreignAudience, shared: true},
	{host: "tokens.cloud.shisho.dev", name: "Shisho Cloud", claim: "sub", foreign: foreignAudience, shared: true},
	{host: "proidc.upbound.io", name: "Upbound", claim: "sub", foreign: foreignAudience, shared: true},
	{host: "studio.datachain.ai/api", name: "DVC Studio", claim: "sub", foreign: foreignAudience, shared: true},
	{host: "sandboxes.cloud", name: "Sandboxes", audience: foreignAudience, shared: true},
	// The aud of Google's tokens is the client or the service account that it was made for (azp); oaud is asked for.
	{host: "accounts.google.com", name: "Google", claim: "sub", foreign: "100000000000000000000", audience: foreignAudience, chosen: []string{"oaud"}, shared: true},
	// In GovCloud and in China Cognito has names of its own.
	{host: cognito, name: "Amazon Cognito", audience: foreignAudience, shared: true, guests: true},
	{host: "cognito-identity-us-gov.amazonaws.com", name: "Amazon Cognito", audience: foreignAudience, shared: true, guests: true},
	{host: "cognito-identity.cn-north-1.amazonaws.com.cn", name: "Amazon Cognito", audience: foreignAudience, shared: true, guests: true},
	{host: "www.amazon.com", name: "Login with Amazon", audience: foreignAudience, shared: true},
	{host: "graph.facebook.com", name: "Facebook", audience: foreignAudience, shared: true},
	{host: "oidc.eks.", name: "an EKS cluster", claim: "sub", foreign: "system:serviceaccount:rolewatch-probe:probe", owner: "system:serviceaccount:", until: ":"},
}

// providerOf gives the provider of a Federated principal by the URL in its text; ok is false for SAML. A URL that has a path
// more than a shared provider's is that of one customer.
func providerOf(text string) (p provider, host string, ok bool) {
	host = text
	if _, after, found := strings.Cut(text, ":oidc-provider/"); found {
		host = after
	} else if strings.HasPrefix(text, "arn:") {
		return provider{}, "", false
	}
	for _, p := range providers {
		if host == p.host || strings.HasSuffix(p.host, ".") && strings.HasPrefix(host, p.host) || strings.HasSuffix(p.host, "/") && strings.HasPrefix(host, p.host) {
			return p, host, true
		}
	}
	return provider{host: host, name: host, claim: "sub", foreign: "rolewatch-probe", audience: foreignAudience}, host, true
}

// openProvider asks for the token of a stranger, of every provider that an Allow statement names. To name them all is to
// name the shared ones too: some of them IAM knows by itself.
func openProvider(p *check.Pass) {
	g, ok := gateOf(p)
	if !ok {
		return
	}
	var seen []string
	tell := func(text string) {
		known, host, isOIDC := providerOf(text)
		if isOIDC && !slices.Contains(seen, text) {
			seen = append(seen, text)
			tellProvider(p, g, text, host, known)
		}
	}
	for i := range g.part.Document.Statements {
		s := &g.part.Document.Statements[i]
		for _, one := range s.Principals {
			switch {
			case s.Effect != policy.Allow || one.Type != "Federated":
			case one.Text != "*":
				tell(one.Text)
			default:
				for _, builtIn := range []string{"accounts.google.com", cognito, "www.amazon.com", "graph.facebook.com"} {
					tell(builtIn)
				}
			}
		}
	}
}

func tellProvider(p *check.Pass, g gate, principal, host string, known provider) {
	var unknown []string
	c := choice{key: func(key string) bool { return known.chooses(key, host) || key == "sts:rolesessionname" }, fill: fillAs(p, false)}
	for _, subject := range subjects(g, host, known) {
		request := policy.Request{Principal: principal, Action: "sts:AssumeRoleWithWebIdentity", Resource: p.Role.ARN(), Context: g.token(host, known, subject)}
		switch v, r := g.reach(around(p, request), c); v.Decision {
		case policy.Allowed:
			d := providerDiagnostic(p, principal, host, known, g.admitting(v, r))
			d.Detail += g.caveat
			p.Report(d)
			return
		case policy.Unknown:
			for _, key := range v.UnknownKeys {
				unknown = append(unknown, "whether "+key+" keeps strangers' tokens of "+known.name+" out")
			}
			if len(v.UnknownKeys) == 0 {
				unknown = append(unknown, "trust policy: how AWS reads a condition of it")
			}
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		p.Undecided(principal, slices.Compact(unknown)...)
	}
	if known.guests {
		tellGuests(p, g, c, known)
	}
}

// chooses tells whether a claim's value is said by whoever asks for a token.
func (known provider) chooses(key, host string) bool {
	claim, ok := strings.CutPrefix(key, strings.ToLower(host)+":")
	return ok && (claim == "aud" && known.audience == "" || slices.Contains(known.chosen, claim))
}

// token is the context of a call with a stranger's token. Of a provider that is known, a claim that he does not choose
// holds something of his own.
func (g gate) token(host string, known provider, subject string) policy.Context {
	prefix := strings.ToLower(host) + ":"
	keys := map[string]policy.ContextValue{
		"aws:securetransport": effective.Value("true"), "aws:principalisawsservice": effective.Value("false"),
	}
	for key := range g.values() {
		if strings.HasPrefix(key, prefix) && (known.shared || known.audience == "") {
			keys[key] = effective.Value(unheardOf)
		}
	}
	keys[prefix+"aud"] = effective.Value(known.audience)
	if known.claim != "" {
		keys[prefix+known.claim] = effective.Value(subject)
	}
	if known.guests {
		keys[prefix+"amr"] = policy.ContextValue{Presence: policy.KeyPresent, Values: []string{"unauthenticated", "authenticated"}}
	}
	// Who comes with a token is no principal of an account, and of no organization:
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
	return policy.Context{Keys: keys, RestUnknown: true, AbsentPrefixes: []string{"aws:principalorg", "aws:principaltag/"}}
}

// subjects are what a stranger's claim may hold: something of his own, and what the policy's own patterns let him choose.
func subjects(g gate, host string, known provider) []string {
	out := []string{known.foreign}
	for _, pattern := range g.values()[strings.ToLower(host)+":"+known.claim] {
		for _, text := range known.imitate(pattern) {
			if !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}

// imitate fills a pattern's wildcards in as a stranger could, if they leave him the part that he cannot choose otherwise:
// because that part itself has one, or because the pattern begins with one that covers it.
func (known provider) imitate(pattern string) (out []string) {
	first := strings.IndexAny(pattern, "*?")
	if known.owner == "" || first < 0 {
		return nil
	}
	if rest, ok := strings.CutPrefix(pattern, known.owner); ok {
		owner, after, ends := strings.Cut(rest, known.until)
		name, _, _ := strings.Cut(owner, "@") // GitHub's owner may be followed by its number.
		if !strings.ContainsAny(name, "*?") {
			return nil
		}
		text := known.owner + strings.NewReplacer("*", "rolewatch-probe", "?", "x").Replace(owner)
		if ends {
			text += known.until + strings.NewReplacer("*", "probe", "?", "x").Replace(after)
		}
		return []string{text}
	}
	if !strings.HasPrefix(known.owner, pattern[:first]) {
		return nil
	}
	rest := strings.NewReplacer("*", "probe", "?", "x").Replace(strings.TrimLeft(pattern[first:], "*?"))
	for i := len(known.owner) + len("rolewatch-probe"); i < len(known.foreign); i++ {
		if strings.IndexByte(":/", known.foreign[i]) >= 0 {
			out = append(out, known.foreign[:i]+rest, known.foreign[:i+1]+rest)
		}
	}
	return append(out, known.foreign+rest, known.foreign+"/"+rest)
}

func providerDiagnostic(p *check.Pass, principal, host string, known provider, refs []policy.StatementRef) check.Diagnostic {
	who, severity := "Whoever has an account at "+known.name+" can get such a token.", check.Critical
	if !known.shared {
		who, severity = "Everybody to whom "+known.name+" gives tokens has one, whatever they are for.", check.High
	}
	claim := known.claim
	if claim == "" {
		claim = "aud"
	}
	pin := fmt.Sprintf(`"Condition":{"StringLike":{"%s:%s":"%sYOURS%s*"}}`, host, claim, known.owner, known.until)
	if known.owner == "" {
		pin = fmt.Sprintf(`"Condition":{"StringEquals":{"%s:%s":"YOURS"}}`, host, claim)
	}
	return check.Diagnostic{
		Key: principal, Severity: severity, Functions: p.Role.Users.List,
		Title: "Any token of " + known.name + " opens " + p.Role.Ref.Name,
		Detail: fmt.Sprintf("The trust policy of %s takes tokens of %s, and asks for no claim that a stranger's token would not have: one with the %s of somebody else is let in. %s",
			p.Role.Ref.Name, known.name, claim, who),
		Evidence: evidenceOf(refs, "It does not pin "+host+":"+claim+"."),
		Fix:      check.Fix{Summary: "Pin the caller in the statement: " + pin + "."},
	}
}
