package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// A provider is an identity provider whose tokens carry a claim that says who the caller is.
type provider struct {
	// host is what its URL begins with; name is what people call it.
	host, name string
	// claim is the claim to pin, foreign what a stranger's token holds in it. Both are empty where the audience alone tells
	// one customer from another.
	claim, foreign string
	// owner is what stands before the part of the claim that a stranger cannot choose, and until what ends it.
	owner, until string
	// shared says that strangers have accounts there. Others give tokens only to whom their owner knows.
	shared bool
}

// providers are the common ones. What their tokens hold is theirs to document; AWS's page on each role for web identity
// names the claims that are condition keys:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
var providers = []provider{
	{host: "token.actions.githubusercontent.com", name: "GitHub Actions", claim: "sub", foreign: "repo:rolewatch-probe/probe:ref:refs/heads/main",
		owner: "repo:", until: "/", shared: true},
	{host: "gitlab.com", name: "GitLab", claim: "sub", foreign: "project_path:rolewatch-probe/probe:ref_type:branch:ref:main", owner: "project_path:", until: "/", shared: true},
	{host: "app.terraform.io", name: "HCP Terraform", claim: "sub", foreign: "organization:rolewatch-probe:project:p:workspace:w:run_phase:apply",
		owner: "organization:", until: ":", shared: true},
	{host: "agent.buildkite.com", name: "Buildkite", claim: "sub", foreign: "organization:rolewatch-probe:pipeline:p:ref:refs/heads/main:commit:c:step:s",
		owner: "organization:", until: ":", shared: true},
	{host: "accounts.google.com", name: "Google", claim: "sub", foreign: "100000000000000000000", shared: true},
	{host: "cognito-identity.amazonaws.com", name: "Amazon Cognito", shared: true},
	{host: "www.amazon.com", name: "Login with Amazon", shared: true},
	{host: "graph.facebook.com", name: "Facebook", shared: true},
	{host: "oidc.eks.", name: "an EKS cluster", claim: "sub", foreign: "system:serviceaccount:rolewatch-probe:probe", owner: "system:serviceaccount:", until: ":"},
}

// foreignAudience is an audience, or an application's ID, that a stranger's token holds.
const foreignAudience = "rolewatch-probe"

// providerOf gives the provider of a Federated principal by the host in its text; ok is false for SAML.
func providerOf(text string) (p provider, host string, ok bool) {
	host = text
	if _, after, found := strings.Cut(text, ":oidc-provider/"); found {
		host = after
	} else if strings.HasPrefix(text, "arn:") {
		return provider{}, "", false
	}
	for _, p := range providers {
		if host == p.host || strings.HasPrefix(host, p.host+"/") || strings.HasSuffix(p.host, ".") && strings.HasPrefix(host, p.host) {
			return p, host, true
		}
	}
	return provider{host: host, name: host, claim: "sub", foreign: "rolewatch-probe"}, host, true
}

// openProvider asks for the token of a stranger, of every provider that an Allow statement names.
func openProvider(p *check.Pass) {
	doc, part, ok := trustOf(p)
	if !ok {
		return
	}
	var seen []string
	for i := range doc.Statements {
		for _, one := range doc.Statements[i].Principals {
			if doc.Statements[i].Effect != policy.Allow || one.Type != "Federated" || slices.Contains(seen, one.Text) {
				continue
			}
			seen = append(seen, one.Text)
			known, host, isOIDC := providerOf(one.Text)
			if !isOIDC || strings.ContainsAny(one.Text, "*?") {
				continue
			}
			tellProvider(p, part, one.Text, host, known)
		}
	}
}

func tellProvider(p *check.Pass, part policy.Part, principal, host string, known provider) {
	var unknown []string
	for _, subject := range subjects(part.Document, host, known) {
		for _, audience := range audiences(part.Document, host, known) {
			keys := token(host, known, subject, audience)
			r := open(policy.Request{Principal: principal, Action: "sts:AssumeRoleWithWebIdentity", Resource: p.Role.ARN(), Context: policy.Context{Keys: keys}})
			v := policy.Evaluate(r, policy.Set{Resource: &part})
			if v.Decision == policy.Allowed {
				p.Report(providerDiagnostic(p, principal, host, known, granting(v)))
				return
			}
			if v.Decision == policy.Unknown {
				for _, key := range v.UnknownKeys {
					unknown = append(unknown, "whether "+key+" keeps strangers' tokens of "+known.name+" out")
				}
			}
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		p.Undecided(principal, slices.Compact(unknown)...)
	}
}

// audiences are whom a stranger's token may be for. Of providers whose claim tells callers apart whoever asks for a token
// says that; of others it is the application that the token was given to.
func audiences(doc *policy.Document, host string, known provider) []string {
	out := []string{foreignAudience}
	if known.owner == "" {
		return out
	}
	out = append(out, "sts.amazonaws.com")
	for i := range doc.Statements {
		for _, c := range doc.Statements[i].Conditions {
			for _, v := range c.Values {
				if strings.EqualFold(c.Key, host+":aud") && !slices.Contains(out, v.Text) {
					out = append(out, v.Text)
				}
			}
		}
	}
	return out
}

// token is what a stranger's token holds.
func token(host string, known provider, subject, audience string) map[string]policy.ContextValue {
	key := strings.ToLower(host)
	keys := map[string]policy.ContextValue{
		"aws:securetransport": effective.Value("true"), "aws:principalisawsservice": effective.Value("false"),
		key + ":aud": effective.Value(audience),
	}
	if known.claim != "" {
		keys[key+":"+known.claim] = effective.Value(subject)
	}
	if known.host == "cognito-identity.amazonaws.com" {
		keys[key+":amr"] = policy.ContextValue{Presence: policy.KeyPresent, Values: []string{"unauthenticated", "authenticated"}}
		keys[key+":sub"] = effective.Value("us-east-1:00000000-0000-0000-0000-000000000000")
	}
	return keys
}

// subjects are what a stranger's claim may hold: something of his own, and what the policy's own patterns let him choose.
func subjects(doc *policy.Document, host string, known provider) []string {
	out := []string{known.foreign}
	if known.owner == "" {
		return out
	}
	for i := range doc.Statements {
		for _, c := range doc.Statements[i].Conditions {
			if !strings.EqualFold(c.Key, host+":"+known.claim) {
				continue
			}
			for _, v := range c.Values {
				if text, ok := known.imitate(v.Text); ok && !slices.Contains(out, text) {
					out = append(out, text)
				}
			}
		}
	}
	return out
}

// imitate fills a pattern's wildcards in as a stranger could, if the part that he cannot choose has one.
func (known provider) imitate(pattern string) (string, bool) {
	rest, ok := strings.CutPrefix(pattern, known.owner)
	if !ok {
		return "", false
	}
	owner, after, ends := strings.Cut(rest, known.until)
	if !strings.Contains(owner, "*") {
		return "", false
	}
	fill := func(text, with string) string {
		return strings.ReplaceAll(strings.ReplaceAll(text, "*", with), "?", "x")
	}
	text := known.owner + fill(owner, "rolewatch-probe")
	if ends {
		text += known.until + fill(after, "probe")
	}
	return text, true
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
