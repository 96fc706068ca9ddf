package exposure

import (
	"cmp"
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
	// name is the name that the stranger has with the provider, and of an application of theirs. No condition compares with it.
	name string
	// foreign is what it holds in the claim that says who the caller is, and audience what it is for.
	foreign, audience string
}

// providerOf gives the provider of a Federated principal by the URL in its text, with the name of a stranger; ok is false for the ARN of
// anything else.
func providerOf(text, name string) (p provider, host string, ok bool) {
	if host, ok = aws.OIDCProvider(text); !ok {
		if aws.IsARN(text) {
			return provider{}, "", false
		}
		host = text
	}
	if strings.ContainsAny(host, "*?") || !strings.Contains(host, ".") {
		return provider{}, "", false
	}
	known, ok := aws.IdentityProviderAt(host)
	if !ok {
		known = aws.IdentityProvider{Host: host, Label: host, Claim: "sub", Subject: "NAME", Audience: "NAME"}
	}
	mine := strings.NewReplacer("NAME", name)
	return provider{known, name, mine.Replace(known.Subject), mine.Replace(known.Audience)}, host, true
}

// openProvider evaluates the token of a stranger, of every provider that an Allow statement names. A statement that names all
// providers also names the shared ones, some of which are built into IAM.
func openProvider(p *check.Pass) {
	g, ok := gateOf(p)
	if !ok {
		return
	}
	named, all := g.federated(p)
	for _, text := range named {
		if known, host, isOIDC := providerOf(text, g.Name()); isOIDC {
			tellProvider(p, g, text, host, known)
		} else if arn, err := aws.ParseARN(text); err != nil || !arn.IsSAMLProvider() || strings.ContainsAny(text, "*?") {
			p.Undecided(text, role.Gap{What: "trust policy: " + text + " is not the ARN of an identity provider", SettledBy: role.SettledByCorrection}.InPolicy(role.PartTrust))
		}
	}
	for _, text := range all {
		if slices.Contains(named, text) {
			continue
		}
		known, host, _ := providerOf(text, g.Name())
		of := g
		if !aws.IsBuiltInProvider(text) {
			of.caveat += " The statement names every identity provider. AWS accepts the tokens if the account has an IAM OIDC identity provider for " + host + "."
		}
		tellProvider(p, of, text, host, known)
	}
}

// federated are the texts of the providers that Allow statements name, and of those that a statement may mean that names all of them, or
// everybody: the built-in ones, and those whose claims the conditions compare with. What everybody can do without a token's claims another
// check reports.
func (g gate) federated(p *check.Pass) (named, all []string) {
	everyProvider := g.NamesEverybody() && g.IsConditional() &&
		g.AskFromAnywhere([]ask.Visitor{ask.Outside("*")}, ask.Visit{Action: withToken, Chosen: isTime}).Decision != policy.Allowed
	for _, s := range g.Document().Statements {
		for _, one := range s.Principals {
			if s.Effect != policy.Allow || one.Type != "Federated" {
				continue
			}
			if everyProvider = everyProvider || one.Text == "*"; one.Text != "*" && !slices.Contains(named, one.Text) {
				named = append(named, one.Text)
			}
		}
	}
	if !everyProvider {
		return named, nil
	}
	all = aws.BuiltInProviders()
	for _, key := range slices.Sorted(maps.Keys(g.Mentioned())) {
		host, ok := aws.ClaimHost(g.Mentioned()[key])
		if !ok || aws.IsBuiltInProvider(host) {
			continue
		}
		if arn := aws.OIDCProviderARN(p.Role.Ref.Partition, p.Role.Ref.Account, host).String(); !slices.Contains(all, arn) {
			all = append(all, arn)
		}
	}
	return named, all
}

// withToken is the action by which a role is assumed with a token of an identity provider.
const withToken = "sts:AssumeRoleWithWebIdentity"

// isOfAnyToken reports whether a key is a parameter of the request, which the holder of a token chooses, or the time at which it is made.
func isOfAnyToken(key string) bool {
	return key == "sts:rolesessionname" || key == "sts:durationseconds" || isTime(key)
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
					d.Detail += " The condition restricts the network that requests come from. Everyone there who has such a token can assume the role. The number of these callers is unknown." + narrowness(g.Gate, a, narrow{who, visit, true, false})
				}
				d.Detail += g.caveat
				p.Report(d)
				return
			case policy.Unknown:
				unknown = append(unknown, depends(a, func(key string) string {
					return "whether a condition on " + key + " excludes tokens that " + known.Label + " issues to others"
				}, "trust policy: how AWS evaluates one of its conditions")...)
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

// withToken is the visit of a stranger with a token, from anywhere or, with inNetwork, from the network that the policies require.
func (g gate) withToken(p *check.Pass, host string, known provider, subject string, chosen func(string) bool, inNetwork bool) ask.Visit {
	free := func(key string) bool { return chosen(key) || inNetwork && ask.IsNetworkKey(key) }
	context := ask.With(g.token(host, known, subject), around(p))
	visit := ask.Visit{Action: withToken, Chosen: free}
	if claim := known.claimKey(host); strings.ContainsAny(subject, "*?") {
		visit.Like = map[string]string{claim: subject}
		visit.Chosen = func(key string) bool { return key == claim || free(key) }
	}
	maps.DeleteFunc(context.Keys, func(key string, _ policy.ContextValue) bool { return visit.Chosen(key) })
	visit.Context = context
	return visit
}

// claimKey is the condition key, in lower case, of the claim that says who the caller is.
func (known provider) claimKey(host string) string { return strings.ToLower(host) + ":" + known.Claim }

// chooses reports whether the caller who requests a token chooses the value of a claim.
func (known provider) chooses(key, host string) bool {
	claim, ok := strings.CutPrefix(key, strings.ToLower(host)+":")
	return ok && (claim == "aud" && known.audience == "" || slices.Contains(known.Chosen, claim))
}

// token is the context of a call with a stranger's token. For a known provider, a claim that the stranger does not
// choose has a value of the stranger's own.
func (g gate) token(host string, known provider, subject string) policy.Context {
	prefix := strings.ToLower(host) + ":"
	keys := map[string]policy.ContextValue{
		"aws:securetransport": ask.Value("true"), "aws:principalisawsservice": ask.Value("false"),
	}
	for key := range g.Mentioned() {
		if strings.HasPrefix(key, prefix) && (known.Shared || known.audience == "") {
			keys[key] = ask.Value(g.Name())
		}
		if other, ok := aws.ClaimHost(key); ok && other+":" != prefix {
			keys[key] = policy.ContextValue{Presence: policy.KeyAbsent} // A token has the claims of its own provider.
		}
	}
	keys[prefix+"aud"] = ask.Value(known.audience)
	if known.Claim != "" {
		keys[prefix+known.Claim] = ask.Value(subject)
	}
	if known.Guests {
		keys[prefix+"amr"] = policy.ContextValue{Presence: policy.KeyPresent, Values: []string{"unauthenticated", "authenticated"}}
	}
	// The holder of a token is not a principal of an account, and not in an organization:
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
	return policy.Context{Keys: keys, RestUnknown: true, AbsentPrefixes: []string{"aws:principalorg", "aws:principaltag/"}}
}

// subjects are possible values of a stranger's claim, and patterns of them: one of their own, what the patterns of the policy allow them
// to choose, and each form that the provider gives the claim, with the stranger's choice of what comes after the owner.
func subjects(g gate, host string, known provider) []string {
	out, names := []string{known.foreign}, []string{known.name}
	for _, pattern := range g.Values(known.claimKey(host)) {
		for _, text := range known.imitate(pattern) {
			if !slices.Contains(out, text) {
				out = append(out, text)
			}
			if name, _, _ := strings.Cut(strings.TrimPrefix(text, known.Owner), known.Until); known.Until != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, form := range known.Forms {
		for _, name := range names {
			out = append(out, strings.ReplaceAll(form, "NAME", name))
		}
	}
	return out
}

// imitate replaces a pattern's wildcards as a stranger could, if they cover the part that a stranger cannot choose otherwise: that
// part itself contains one, or the pattern begins with one that covers it.
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
		text := known.Owner + strings.NewReplacer("*", known.name, "?", "x").Replace(owner)
		if ends {
			text += known.Until + strings.NewReplacer("*", "probe", "?", "x").Replace(after)
		}
		return []string{text}
	}
	if !strings.HasPrefix(known.Owner, pattern[:first]) {
		return nil
	}
	rest := strings.NewReplacer("*", "probe", "?", "x").Replace(strings.TrimLeft(pattern[first:], "*?"))
	for i := len(known.Owner) + len(known.name); i < len(known.foreign); i++ {
		if strings.IndexByte(":/", known.foreign[i]) >= 0 {
			out = append(out, known.foreign[:i]+rest, known.foreign[:i+1]+rest)
		}
	}
	return append(out, known.foreign+rest, known.foreign+"/"+rest)
}

func providerDiagnostic(p *check.Pass, principal, host string, known provider, refs []policy.StatementRef) check.Diagnostic {
	who, severity := "Anyone who has an account at "+known.Label+" can get such a token ("+aws.IdentityProvidersAsOf()+").", check.Critical
	if !known.Shared {
		who, severity = "Everyone to whom "+known.Label+" issues tokens has one, whatever the tokens are for. The provider is not in the list of providers that customers share ("+
			aws.IdentityProvidersAsOf()+").", check.High
	}
	claim := cmp.Or(known.Claim, "aud")
	key := host + ":" + claim
	pin := fmt.Sprintf(`"StringLike":{"%s":"%sYOURS%s*"}`, key, known.Owner, known.Until)
	if known.Owner == "" {
		pin = fmt.Sprintf(`"StringEquals":{"%s":"YOURS"}`, key)
	}
	var evidence []check.Evidence
	edit := `add "Condition":{` + pin + "}"
	for _, ref := range refs {
		why := "It does not restrict " + key + "."
		if slices.ContainsFunc(ref.Statement.Conditions, func(c policy.Condition) bool { return strings.EqualFold(c.Key, key) }) {
			why, edit = "Its condition on "+key+" also matches tokens of others.", "replace its condition on "+key+" with "+pin
		}
		evidence = append(evidence, evidenceOf([]policy.StatementRef{ref}, why)...)
	}
	return check.Diagnostic{
		Key: principal, Severity: severity, Functions: p.Role.Users.List,
		Title: "Anyone with a token of " + known.Label + " can assume " + p.Role.Ref.Name,
		Detail: fmt.Sprintf("The trust policy of %s accepts tokens of %s, and does not require a claim that identifies your workload: it also accepts tokens whose %s claim belongs to someone else. %s",
			p.Role.Ref.Name, known.Label, claim, who),
		Evidence: evidence,
		Fix:      check.Fix{Summary: "Restrict the caller in the statement: " + edit + "."},
	}
}
