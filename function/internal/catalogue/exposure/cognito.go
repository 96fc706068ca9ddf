package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// tellGuests asks for guests of the identity pools that the trust policy names: who has not signed in has a token too, of
// whoever's pool lets guests in. Its amr says so:
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
		severity, who := check.Medium, "It does not ask for "+methods+": whoever knows the pool's ID gets in without signing in, if the pool gives guests an identity."
		if slices.ContainsFunc(keysOf(refs), func(key string) bool { return strings.EqualFold(key, methods) }) {
			severity, who = check.Critical, "Whoever knows the pool's ID, which every app of it carries, gets such a token without signing in."
		}
		p.Report(check.Diagnostic{
			Key: known.Host, Severity: severity, Functions: p.Role.Users.List, Title: "Guests of an identity pool can assume " + p.Role.Ref.Name,
			Detail:   fmt.Sprintf("The trust policy of %s takes tokens of guests of the Amazon Cognito identity pool %s. %s%s", p.Role.Ref.Name, pattern, who, g.caveat),
			Evidence: evidenceOf(refs, "It lets in who has not signed in."),
			Fix: check.Fix{Summary: `Ask for those who have signed in: "Condition":{"ForAnyValue:StringLike":{"` + methods +
				`":"authenticated"}}, beside the condition on aud. Give guests a role of their own.`},
		})
		return
	}
}
