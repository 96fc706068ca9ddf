package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// tellGuests evaluates guests of the identity pools that the trust policy names: a user who has not signed in gets a token too, if
// the pool allows guests. The amr claim of the token shows that:
// https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
func tellGuests(p *check.Pass, g gate, chosen func(key string) bool, known provider) {
	methods := known.Host + ":amr"
	for _, pattern := range g.Values(known.Host + ":aud") {
		context := g.token(known.Host, known, known.foreign)
		context.Keys[known.Host+":aud"] = ask.Value(ask.Sample(pattern, g.Name()))
		context.Keys[methods] = ask.Value("unauthenticated")
		visit := ask.Visit{Action: withToken, Context: ask.With(context, around(p)), Chosen: chosen}
		a := g.Ask([]ask.Visitor{ask.Outside(known.Host)}, visit)
		if a.Decision != policy.Allowed {
			continue
		}
		refs := g.admitting(a)
		severity, who := check.Medium, "It has no condition on "+methods+". If the pool gives guests an identity, anyone who knows the ID of the pool can assume the role without signing in."
		if slices.ContainsFunc(keysOf(refs), func(key string) bool { return strings.EqualFold(key, methods) }) {
			severity, who = check.Critical, "Anyone who knows the ID of the pool gets such a token without signing in. Every app that uses the pool contains its ID."
		}
		p.Report(check.Diagnostic{
			Key: known.Host, Severity: severity, Functions: p.Role.Users.List, Title: "Guests of an identity pool can assume " + p.Role.Ref.Name,
			Detail:   fmt.Sprintf("The trust policy of %s accepts tokens of guests of the Amazon Cognito identity pool %s. %s%s", p.Role.Ref.Name, pattern, who, g.caveat),
			Evidence: evidenceOf(refs, "It allows users who have not signed in."),
			Fix: check.Fix{Summary: `Require that users have signed in: add "Condition":{"ForAnyValue:StringLike":{"` + methods +
				`":"authenticated"}} to the statement, and keep the condition on aud. Give guests a role of their own.`},
		})
		return
	}
}
