package exposure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// admitting are the statements that allow a caller, or may. An unknown verdict that depends on a Deny statement names none: then they
// are those that may allow the caller, whatever others deny.
func (g gate) admitting(a ask.Passage) []policy.StatementRef {
	if out := granting(a.Verdict); len(out) > 0 {
		return out
	}
	var out []policy.StatementRef
	doc := g.Document()
	for i := range doc.Statements {
		if s := &doc.Statements[i]; s.Effect == policy.Allow && doc.Match(i, a.Request).Applies != policy.False {
			out = append(out, g.ref(i))
		}
	}
	return out
}

// ref is a statement of the role's trust policy that allows.
func (g gate) ref(i int) policy.StatementRef {
	return policy.StatementRef{Policy: g.Policy(), Statement: &g.Document().Statements[i], Document: g.Document(), Effect: policy.Allow}
}

// granting are the statements that a verdict is based on or depends on.
func granting(v policy.Verdict) []policy.StatementRef {
	return slices.DeleteFunc(effective.Distinct(ask.Granting(v)), func(s policy.StatementRef) bool { return s.Effect != policy.Allow })
}

func evidenceOf(refs []policy.StatementRef, why string) (out []check.Evidence) {
	for _, s := range refs {
		out = append(out, check.Evidence{
			Policy: s.Policy, Statement: s.Statement.Index, Sid: s.Statement.Sid, Text: s.Document.Text(s.Statement.Span), Why: why,
		})
	}
	return out
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

// outsider is a principal of another account that the trust policy names; without a principal any of the account.
type outsider struct{ account, principal string }

// outsiders are those that Allow statements name, in Principal or in a condition on who calls.
func outsiders(p *check.Pass, g gate) (out []outsider) {
	doc := g.Document()
	add := func(text string) {
		account, principal := accountOf(text)
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
	place := func(o outsider) string { return o.account + cmp.Or(o.principal, g.Ordinary(o.account).Principal) }
	slices.SortFunc(out, func(a, b outsider) int { return strings.Compare(place(a), place(b)) })
	return out
}

func isTrusted(p *check.Pass, account string) bool {
	return slices.Contains(p.Parameters.TrustedAccounts, account) || slices.Contains(p.Parameters.OrganizationAccounts, account)
}

// accountOf gives the account of a principal's text, and the principal's ARN where it is that of one. A pattern is of an account
// where that is spelled out, be it followed by an asterisk that stands for the rest of an ARN.
func accountOf(text string) (account, principal string) {
	if aws.IsAccountID(text) {
		return text, ""
	}
	named, ok := aws.ParseARNPattern(text)
	if !ok {
		id := strings.TrimRight(named.Account, "*")
		if aws.IsAccountID(id) && aws.IsARN(text) && id != named.Account {
			return id, ""
		}
		return "", ""
	}
	switch {
	case !aws.IsAccountID(named.Account):
		return "", ""
	case named.Resource == "root" || strings.ContainsAny(text, "*?"):
		return named.Account, ""
	}
	return named.Account, text
}

// visit is a call by an outsider of which nothing more is known than who it is. An account of the own organization would meet a
// condition on it, and is not an outsider. The organization of any other account is unknown.
func visit(p *check.Pass, g gate, keys map[string]policy.ContextValue) ask.Visit {
	context := policy.Context{RestUnknown: true, Keys: around(p)}
	context.Keys["aws:principalisawsservice"], context.Keys["aws:securetransport"] = ask.Value("false"), ask.Value("true")
	return ask.Visit{Action: assumeRole, Context: ask.With(context, keys), Chosen: isTime, Organizations: g.Organizations(organizationOf(p))}
}

// admission is how an account may assume the role: the statements that name it, and whether only some of its principals may.
type admission struct {
	refs []policy.StatementRef
	some bool
}

// admitted are the outsiders that may assume the role by a visit, by account.
func (g gate) admitted(p *check.Pass, by func(o outsider) ask.Visit) map[string]admission {
	out := map[string]admission{}
	for _, o := range outsiders(p, g) {
		if one := g.admits(o, by(o)); len(one.refs) > 0 {
			before := out[o.account]
			out[o.account] = admission{effective.Distinct(append(before.refs, one.refs...)), one.some || before.some}
		}
	}
	return out
}

// admits says how an outsider may assume the role: as any principal of the account, or else, for each statement, as one whose name
// and kind meet the conditions.
func (g gate) admits(o outsider, visit ask.Visit) admission {
	who, all := g.Named(o.principal), []ask.Visitor(nil)
	if o.principal == "" {
		who, all = []ask.Visitor{g.Ordinary(o.account)}, g.Everybody(o.account, visit.Action, false)
	}
	a := g.Ask(who, visit)
	switch {
	case a.Decision == policy.Allowed, a.Decision == policy.Unknown && len(all) <= 1:
		return admission{refs: g.admitting(a)}
	case len(all) <= 1:
		return admission{}
	}
	out := admission{some: a.Decision != policy.Unknown}
	var perhaps []policy.StatementRef
	for i := range g.Document().Statements {
		if g.Document().Statements[i].Effect != policy.Allow {
			continue
		}
		switch g.Alone(i).Ask(all, visit).Decision {
		case policy.Allowed:
			out.refs = append(out.refs, g.ref(i))
		case policy.Unknown:
			perhaps = append(perhaps, g.ref(i))
		}
	}
	if len(out.refs) == 0 {
		out.refs = perhaps
	}
	return out
}

func external(p *check.Pass) {
	g, ok := gateOf(p)
	if !ok {
		return
	}
	found := g.admitted(p, func(outsider) ask.Visit { return visit(p, g, nil) })
	if len(found) == 0 {
		return
	}
	for _, account := range slices.Sorted(maps.Keys(found)) {
		refs := found[account].refs
		detail := fmt.Sprintf("The trust policy of %s allows account %s to assume the role. The account is not the role's own, and the settings do not name it as trusted.", p.Role.Ref.Name, account)
		keys := keysOf(refs)
		if len(keys) > 0 {
			detail += " The statement has a condition on " + words.List(keys) + "."
		}
		other := slices.DeleteFunc(g.PrincipalKeys(assumeRole), func(key string) bool { return slices.Contains(keys, key) })
		if found[account].some && len(other) > 0 {
			detail += " Of that account, only principals that meet the conditions on " + words.List(other) + " can assume the role."
		}
		detail += g.caveat
		p.Report(check.Diagnostic{
			Key: account, Functions: p.Role.Users.List, Title: "Account " + account + " can assume " + p.Role.Ref.Name, Detail: detail,
			Evidence: evidenceOf(refs, "It names account "+account+"."), Fix: dropAccount(p, g.Document(), refs, account),
		})
	}
}

// dropAccount removes an account's principals from the statements.
func dropAccount(p *check.Pass, doc *policy.Document, refs []policy.StatementRef, account string) check.Fix {
	fix := check.Fix{Summary: "Remove account " + account + " from the trust policy, and allow Lambda. If you trust the account, name it in the settings (trustedAccounts or organization)."}
	named := func(one policy.Principal) bool {
		of, _ := accountOf(one.Text)
		return one.Type == "AWS" && of == account
	}
	for _, ref := range refs {
		if !slices.ContainsFunc(ref.Statement.Principals, named) {
			return fix // A condition names the account, and not Principal.
		}
	}
	return withText(fix, p.Role, without(p, doc, refs, named))
}
