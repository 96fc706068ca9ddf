package exposure

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// trustOf gives the trust policy, or says why it is not known.
func trustOf(p *check.Pass) (*policy.Document, policy.Part, bool) {
	trust, ok := p.Role.Trust.Get()
	switch {
	case !ok && p.Role.Trust.State() == role.Unknown:
		p.Undecided("", "trust policy: "+p.Role.Trust.Why())
	case ok && trust.Text.State() == role.Unknown:
		p.Undecided("", "trust policy: "+trust.Text.Why())
	}
	return trust.Document, trust.AsPart(), ok && trust.Document != nil
}

// open is a request with a context of which nothing else is known.
func open(r policy.Request) policy.Request {
	r.Context.RestUnknown = true
	return r
}

func asked(part policy.Part, r policy.Request) policy.Verdict {
	return policy.Evaluate(r, policy.Set{Resource: &part, Identity: everything()})
}

// admitting are the statements that let a caller in, or may, whatever others deny: an unknown verdict that hangs on a
// denial does not name them.
func admitting(part policy.Part, r policy.Request) []policy.StatementRef {
	allows := *part.Document
	allows.Statements = slices.DeleteFunc(slices.Clone(allows.Statements), func(s policy.Statement) bool { return s.Effect != policy.Allow })
	return granting(asked(policy.Part{Name: part.Name, Document: &allows}, r))
}

// granting are the statements that a verdict rests or hangs on.
func granting(v policy.Verdict) []policy.StatementRef {
	return slices.DeleteFunc(effective.Distinct(v.Statements), func(s policy.StatementRef) bool { return s.Effect != policy.Allow || s.Policy == "stranger" })
}

func evidenceOf(refs []policy.StatementRef, why string) (out []check.Evidence) {
	for _, s := range refs {
		out = append(out, check.Evidence{
			Policy: s.Policy, Statement: s.Statement.Index, Sid: s.Statement.Sid, Text: s.Document.Text(s.Statement.Span), Why: why,
		})
	}
	return out
}

// conditioned asks for a stranger of whom no more is known than who he is: he may get in if a condition lets him.
func conditioned(p *check.Pass) {
	_, part, ok := trustOf(p)
	if !ok {
		return
	}
	asker := stranger(p.Role.ARN())
	if asked(part, asker).Decision == policy.Allowed {
		return // That is for everybody, and told so.
	}
	v := asked(part, open(asker))
	refs := admitting(part, open(asker))
	if !effective.MayBe(v) || len(refs) == 0 {
		return
	}
	keys := keysOf(refs)
	severity, strength := check.High, strengthOf(keys)
	if org := p.Parameters.Organization; org != "" {
		foreign := open(stranger(p.Role.ARN()))
		foreign.Context = effective.With(foreign.Context, map[string]policy.ContextValue{"aws:principalorgid": effective.Value("o-rolewatchprobe")})
		own := open(stranger(p.Role.ARN()))
		own.Context = effective.With(own.Context, map[string]policy.ContextValue{"aws:principalorgid": effective.Value(org)})
		if !effective.MayBe(asked(part, foreign)) && effective.MayBe(asked(part, own)) {
			severity, strength = check.Medium, "Only accounts of your own organization "+org+" meet it."
		}
	}
	p.Report(check.Diagnostic{
		Severity: severity, Functions: p.Role.Users.List, Title: "Anyone who meets a condition can assume " + p.Role.Ref.Name,
		Detail:   fmt.Sprintf("The trust policy of %s names everybody, and keeps strangers out by a condition on %s alone. %s", p.Role.Ref.Name, listed(keys), strength),
		Evidence: evidenceOf(refs, "It names every principal; its condition is all that stands in the way."),
		Fix:      check.Fix{Summary: "Name who is meant in Principal, beside the condition."},
	})
}

// keysOf are the condition keys of statements.
func keysOf(refs []policy.StatementRef) []string {
	set := map[string]bool{}
	for _, s := range refs {
		for _, c := range s.Statement.Conditions {
			set[c.Key] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// strengths say how much a condition on a key keeps out, the strongest first.
var strengths = []struct{ prefix, says string }{
	{"aws:principalorg", "It lets in whole organizations: everybody whom they let."},
	{"aws:principalaccount", "It lets in whole accounts: everybody whom they let."},
	{"aws:principalarn", "It lets in principals by name, whoever makes a role of that name in an account that it covers."},
	{"aws:sourcevp", "It asks for a network: whoever gets a foothold there gets in, with credentials of any account."},
	{"aws:sourceip", "It asks for addresses: whoever gets a foothold behind them gets in, with credentials of any account."},
	{"sts:externalid", "It asks for an external ID, which is no secret: whoever has seen it gets in, from any account."},
	{"aws:principaltag", "It asks for a tag, which anybody can give to a principal of his own account."},
	{"sts:rolesessionname", "It asks for a session's name, which the caller chooses."},
	{"aws:useragent", "It asks for a user agent, which the caller chooses."},
	{"aws:referer", "It asks for a referrer, which the caller chooses."},
}

func strengthOf(keys []string) string {
	for _, s := range strengths {
		for _, key := range keys {
			if strings.HasPrefix(strings.ToLower(key), s.prefix) {
				return s.says
			}
		}
	}
	return "How many can meet it is not known."
}

// outsider is a principal of another account that the trust policy names.
type outsider struct{ account, principal string }

// outsiders are those that Allow statements name, in Principal or in a condition on who calls.
func outsiders(p *check.Pass, doc *policy.Document) (out []outsider) {
	add := func(text string) {
		account, principal := accountOf(text, p.Role.Ref.Partition)
		if account == "" || account == p.Role.Ref.Account || isTrusted(p, account) {
			return
		}
		if one := (outsider{account, principal}); !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	for i := range doc.Statements {
		s := &doc.Statements[i]
		if s.Effect != policy.Allow || s.NotPrincipal {
			continue
		}
		for _, principal := range s.Principals {
			if principal.Type == "AWS" {
				add(principal.Text)
			}
		}
		for _, c := range s.Conditions {
			switch strings.ToLower(c.Key) {
			case "aws:principalaccount", "aws:principalarn":
				for _, v := range c.Values {
					add(v.Text)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b outsider) int { return strings.Compare(a.account+a.principal, b.account+b.principal) })
	return out
}

func isTrusted(p *check.Pass, account string) bool {
	return slices.Contains(p.Parameters.TrustedAccounts, account) || slices.Contains(p.Parameters.OrganizationAccounts, account)
}

// accountOf gives the account of a principal's text, and a principal to ask for: itself, or one of the account.
func accountOf(text, partition string) (account, principal string) {
	anyRole := func(account string) string { return "arn:" + partition + ":iam::" + account + ":role/rolewatch-probe" }
	if len(text) == 12 && strings.Trim(text, "0123456789") == "" {
		return text, anyRole(text)
	}
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || len(parts[4]) != 12 || strings.Trim(parts[4], "0123456789") != "" {
		return "", ""
	}
	if parts[5] == "root" || strings.ContainsAny(text, "*?") {
		return parts[4], anyRole(parts[4])
	}
	return parts[4], text
}

// visitor is a call by an outsider of which nothing more is known than who it is.
func visitor(roleARN string, o outsider) policy.Request {
	return open(policy.Request{Principal: o.principal, Action: "sts:AssumeRole", Resource: roleARN, Context: policy.Context{Keys: map[string]policy.ContextValue{
		"aws:principalaccount": effective.Value(o.account), "aws:principalarn": effective.Value(o.principal),
		"aws:principalisawsservice": effective.Value("false"), "aws:securetransport": effective.Value("true"),
	}}})
}

// admitted are the outsiders that may get in, by account. With a key, they are asked for without it.
func admitted(p *check.Pass, doc *policy.Document, part policy.Part, without string) map[string][]policy.StatementRef {
	out := map[string][]policy.StatementRef{}
	for _, o := range outsiders(p, doc) {
		r := visitor(p.Role.ARN(), o)
		if without != "" {
			r.Context = effective.With(r.Context, map[string]policy.ContextValue{without: {Presence: policy.KeyAbsent}})
		}
		if org := p.Parameters.Organization; org != "" {
			// An account of the organization that is not told would meet a condition on it, and is no outsider.
			r.Context = effective.With(r.Context, map[string]policy.ContextValue{"aws:principalorgid": effective.Value("o-rolewatchprobe")})
		}
		if v := asked(part, r); effective.MayBe(v) {
			out[o.account] = effective.Distinct(append(out[o.account], admitting(part, r)...))
		}
	}
	return out
}

func external(p *check.Pass) {
	doc, part, ok := trustOf(p)
	if !ok {
		return
	}
	found := admitted(p, doc, part, "")
	for _, account := range slices.Sorted(maps.Keys(found)) {
		refs := found[account]
		detail := fmt.Sprintf("The trust policy of %s lets account %s in, which is neither its own account nor one that the settings tell as trusted.", p.Role.Ref.Name, account)
		if keys := keysOf(refs); len(keys) > 0 {
			detail += " It does so under a condition on " + listed(keys) + "."
		}
		p.Report(check.Diagnostic{
			Key: account, Functions: p.Role.Users.List, Title: "Account " + account + " can assume " + p.Role.Ref.Name, Detail: detail,
			Evidence: evidenceOf(refs, "It names account "+account+"."), Fix: dropAccount(p.Role, doc, refs, account),
		})
	}
}

// dropAccount takes an account's principals out of the statements.
func dropAccount(r *role.Snapshot, doc *policy.Document, refs []policy.StatementRef, account string) check.Fix {
	fix := check.Fix{Summary: "Take account " + account + " out of the trust policy, and let Lambda in. If it is meant to be there, tell it in the settings."}
	named := func(one policy.Principal) bool {
		of, _ := accountOf(one.Text, r.Ref.Partition)
		return one.Type == "AWS" && of == account
	}
	for _, ref := range refs {
		if !slices.ContainsFunc(ref.Statement.Principals, named) {
			return fix // It is a condition that lets the account in.
		}
	}
	return withText(fix, r, without(doc, refs, named))
}

func noExternalID(p *check.Pass) {
	doc, part, ok := trustOf(p)
	if !ok {
		return
	}
	found := admitted(p, doc, part, "sts:externalid")
	for _, account := range slices.Sorted(maps.Keys(found)) {
		p.Report(check.Diagnostic{
			Key: account, Functions: p.Role.Users.List, Title: "Account " + account + " can assume " + p.Role.Ref.Name + " without an external ID",
			Detail: fmt.Sprintf("The trust policy of %s lets account %s in without sts:ExternalId. If that account belongs to a third party that serves others too, one of those can "+
				"have it use this role.", p.Role.Ref.Name, account),
			Evidence: evidenceOf(found[account], "It does not ask account "+account+" for an external ID."),
			Fix:      check.Fix{Summary: `Add a condition to the statement: "Condition":{"StringEquals":{"sts:ExternalId":"ID"}}, with the ID that the third party gave.`},
		})
	}
}

func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
