package exposure

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// provider is an identity provider, with what the token of a stranger holds.
type provider struct {
	aws.IdentityProvider
	// foreign is what it holds in the claim that says who the caller is, and audience what it is for.
	foreign, audience string
}

// foreignName is the name that a stranger has with a provider, and of an application of theirs.
const foreignName = "rolewatch-probe"

// providerOf gives the provider of a Federated principal by the URL in its text; ok is false for the ARN of anything else.
func providerOf(text string) (p provider, host string, ok bool) {
	if host, ok = aws.OIDCProvider(text); !ok {
		if aws.IsARN(text) {
			return provider{}, "", false
		}
		host = text
	}
	known, ok := aws.IdentityProviderAt(host)
	if !ok {
		known = aws.IdentityProvider{Host: host, Label: host, Claim: "sub", Subject: "NAME", Audience: "NAME"}
	}
	mine := strings.NewReplacer("NAME", foreignName)
	return provider{known, mine.Replace(known.Subject), mine.Replace(known.Audience)}, host, true
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
		if slices.Contains(seen, text) {
			return
		}
		seen = append(seen, text)
		if known, host, isOIDC := providerOf(text); isOIDC {
			tellProvider(p, g, text, host, known)
		} else if arn, err := aws.ParseARN(text); err != nil || !arn.IsSAMLProvider() {
			p.Undecided(text, role.Gap{What: "trust policy: " + text + " is not the ARN of an identity provider", SettledBy: role.SettledByCorrection}.InPolicy(role.PartTrust))
		}
	}
	for i := range g.Document().Statements {
		s := &g.Document().Statements[i]
		for _, one := range s.Principals {
			switch {
			case s.Effect != policy.Allow || one.Type != "Federated":
			case one.Text != "*":
				tell(one.Text)
			default:
				for _, builtIn := range aws.BuiltInProviders() {
					tell(builtIn)
				}
			}
		}
	}
}

// withToken is the action by which a role is assumed with a token of an identity provider.
const withToken = "sts:AssumeRoleWithWebIdentity"

// isOfAnyToken reports whether a key is a parameter of the request, which whoever has a token chooses.
func isOfAnyToken(key string) bool {
	return key == "sts:rolesessionname" || key == "sts:durationseconds"
}

func tellProvider(p *check.Pass, g gate, principal, host string, known provider) {
	var unknown []role.Gap
	chosen := func(key string) bool { return known.chooses(key, host) || isOfAnyToken(key) }
	for _, inNetwork := range []bool{false, true} {
		for _, subject := range subjects(g, host, known) {
			who, visit := []ask.Visitor{ask.Outside(principal)}, g.withToken(p, host, known, subject, chosen, inNetwork)
			asked := g.AskFromAnywhere
			if inNetwork {
				asked = g.Ask
			}
			switch a := asked(who, visit); a.Decision {
			case policy.Allowed:
				d := providerDiagnostic(p, principal, host, known, g.admitting(a))
				if inNetwork {
					d.Severity--
					d.Detail += " The statement requires a network. Everybody there who has such a token can assume the role, and how many they are is unknown." + narrowness(g.Gate, a, narrow{who, visit, true, false})
				}
				d.Detail += g.caveat
				p.Report(d)
				return
			case policy.Unknown:
				unknown = append(unknown, depends(a, func(key string) string {
					return "whether " + key + " keeps strangers' tokens of " + known.Label + " out"
				}, "trust policy: how AWS reads a condition of it")...)
			}
		}
	}
	if len(unknown) > 0 {
		p.Undecided(principal, role.DistinctGaps(unknown)...)
	}
	if known.Guests {
		tellGuests(p, g, chosen, known)
	}
}

// withToken is the visit of a stranger with a token, who comes from anywhere or, in a network, from where the policies ask for.
func (g gate) withToken(p *check.Pass, host string, known provider, subject string, chosen func(string) bool, inNetwork bool) ask.Visit {
	free := func(key string) bool { return chosen(key) || inNetwork && ask.IsNetworkKey(key) }
	context := ask.With(g.token(host, known, subject), around(p))
	maps.DeleteFunc(context.Keys, func(key string, _ policy.ContextValue) bool { return free(key) })
	return ask.Visit{Action: withToken, Context: context, Chosen: free}
}

// chooses tells whether a claim's value is said by whoever asks for a token.
func (known provider) chooses(key, host string) bool {
	claim, ok := strings.CutPrefix(key, strings.ToLower(host)+":")
	return ok && (claim == "aud" && known.audience == "" || slices.Contains(known.Chosen, claim))
}

// token is the context of a call with a stranger's token. Of a provider that is known, a claim that he does not choose
// holds something of his own.
func (g gate) token(host string, known provider, subject string) policy.Context {
	prefix := strings.ToLower(host) + ":"
	keys := map[string]policy.ContextValue{
		"aws:securetransport": ask.Value("true"), "aws:principalisawsservice": ask.Value("false"),
	}
	for key := range g.Mentioned() {
		if strings.HasPrefix(key, prefix) && (known.Shared || known.audience == "") {
			keys[key] = ask.Value(g.Name())
		}
	}
	keys[prefix+"aud"] = ask.Value(known.audience)
	if known.Claim != "" {
		keys[prefix+known.Claim] = ask.Value(subject)
	}
	if known.Guests {
		keys[prefix+"amr"] = policy.ContextValue{Presence: policy.KeyPresent, Values: []string{"unauthenticated", "authenticated"}}
	}
	// Who comes with a token is no principal of an account, and of no organization:
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
	return policy.Context{Keys: keys, RestUnknown: true, AbsentPrefixes: []string{"aws:principalorg", "aws:principaltag/"}}
}

// subjects are what a stranger's claim may hold: something of his own, and what the policy's own patterns let him choose.
func subjects(g gate, host string, known provider) []string {
	out := []string{known.foreign}
	for _, pattern := range g.Values(strings.ToLower(host) + ":" + known.Claim) {
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
	if known.Owner == "" || first < 0 {
		return nil
	}
	if rest, ok := strings.CutPrefix(pattern, known.Owner); ok {
		owner, after, ends := strings.Cut(rest, known.Until)
		name, _, _ := strings.Cut(owner, "@") // GitHub's owner may be followed by its number.
		if !strings.ContainsAny(name, "*?") {
			return nil
		}
		text := known.Owner + strings.NewReplacer("*", foreignName, "?", "x").Replace(owner)
		if ends {
			text += known.Until + strings.NewReplacer("*", "probe", "?", "x").Replace(after)
		}
		return []string{text}
	}
	if !strings.HasPrefix(known.Owner, pattern[:first]) {
		return nil
	}
	rest := strings.NewReplacer("*", "probe", "?", "x").Replace(strings.TrimLeft(pattern[first:], "*?"))
	for i := len(known.Owner) + len(foreignName); i < len(known.foreign); i++ {
		if strings.IndexByte(":/", known.foreign[i]) >= 0 {
			out = append(out, known.foreign[:i]+rest, known.foreign[:i+1]+rest)
		}
	}
	return append(out, known.foreign+rest, known.foreign+"/"+rest)
}

func providerDiagnostic(p *check.Pass, principal, host string, known provider, refs []policy.StatementRef) check.Diagnostic {
	who, severity := "Whoever has an account at "+known.Label+" can get such a token ("+aws.IdentityProvidersAsOf()+").", check.Critical
	if !known.Shared {
		who, severity = "Everybody to whom "+known.Label+" gives tokens has one, whatever they are for. It is not in the list of providers that customers share ("+
			aws.IdentityProvidersAsOf()+").", check.High
	}
	claim := known.Claim
	if claim == "" {
		claim = "aud"
	}
	pin := fmt.Sprintf(`"Condition":{"StringLike":{"%s:%s":"%sYOURS%s*"}}`, host, claim, known.Owner, known.Until)
	if known.Owner == "" {
		pin = fmt.Sprintf(`"Condition":{"StringEquals":{"%s:%s":"YOURS"}}`, host, claim)
	}
	return check.Diagnostic{
		Key: principal, Severity: severity, Functions: p.Role.Users.List,
		Title: "Any token of " + known.Label + " opens " + p.Role.Ref.Name,
		Detail: fmt.Sprintf("The trust policy of %s takes tokens of %s, and asks for no claim that a stranger's token would not have: one with the %s of somebody else is let in. %s",
			p.Role.Ref.Name, known.Label, claim, who),
		Evidence: evidenceOf(refs, "It does not pin "+host+":"+claim+"."),
		Fix:      check.Fix{Summary: "Pin the caller in the statement: " + pin + "."},
	}
}
