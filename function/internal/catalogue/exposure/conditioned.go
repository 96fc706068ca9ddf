package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// freeKeys are what a stranger chooses himself, or makes so in his own account: names, tags, a second factor, a session.
// See "AWS global condition context keys" in the IAM User Guide.
var freeKeys = []string{
	"sts:rolesessionname", "sts:sourceidentity", "sts:transitivetagkeys", "aws:sourceidentity", "aws:tagkeys", "aws:useragent", "aws:referer",
	"aws:multifactorauthpresent", "aws:multifactorauthage", "aws:username", "aws:principaltype", "aws:principalarn", "aws:requestedregion",
	"aws:tokenissuetime", "aws:vpcsourceip", "aws:federatedprovider", "aws:ec2instancesourceprivateipv4",
}

func isFree(key string) bool {
	return slices.Contains(freeKeys, key) || strings.HasPrefix(key, "aws:requesttag/") || strings.HasPrefix(key, "aws:principaltag/")
}

func isSecret(key string) bool { return key == "sts:externalid" }

func isNetwork(key string) bool {
	return key == "aws:sourceip" || strings.HasPrefix(key, "aws:sourcevpc") || strings.HasPrefix(key, "aws:vpce")
}

func isOrganization(key string) bool { return strings.HasPrefix(key, "aws:principalorg") }

// rung is one strength of conditions, by what a stranger has to have to meet them; each has what those before it have.
type rung struct {
	key      func(string) bool
	severity check.Severity
	says     string
}

// rungs go from what keeps nobody out to what keeps most out.
var rungs = []rung{
	{isFree, check.Critical, "Anybody can meet it: the caller chooses that himself, or makes it so in his own account."},
	{isSecret, check.High, "It asks for an external ID, which is no secret: whoever has seen it, or guesses it, gets in from any account."},
	{isNetwork, check.High, "It asks for a network: whoever gets a foothold there gets in, with credentials of any account."},
	{isOrganization, check.High, "It lets in a whole organization, which is not told as your own: everybody whom its accounts let."},
}

// conditioned climbs from a stranger who has only what anybody has to one who is of an organization, and tells of the
// first that gets in by a statement that names everybody.
func conditioned(p *check.Pass) {
	g, ok := gateOf(p)
	if !ok {
		return
	}
	v := g.ask(stranger(p.Role.ARN()))
	if v.Decision == policy.Allowed {
		return // That is for everybody, and told so.
	}
	if len(g.values()) == 0 && !effective.MayBe(v) {
		return // There is no condition that anybody could meet.
	}
	asker := around(p, stranger(p.Role.ARN()))
	for i, step := range rungs {
		c := choice{key: func(key string) bool {
			return slices.ContainsFunc(rungs[:i+1], func(r rung) bool { return r.key(key) })
		}, fill: fillAs(p, false)}
		v, r := g.reach(asker, c)
		if step = step.given(r); v.Decision == policy.Allowed && tellConditioned(p, g, answer{v, r}, g.chosenKeys(r, c), step) {
			return
		}
	}
	all := choice{key: func(key string) bool { return slices.ContainsFunc(rungs, func(r rung) bool { return r.key(key) }) }, fill: fillAs(p, true)}
	own := asker
	own.Context = effective.With(own.Context, map[string]policy.ContextValue{"aws:principalorgid": effective.Value(organizationOf(p))})
	if v, r := g.reach(own, all); v.Decision == policy.Allowed {
		says := "Only accounts of your own organization meet it: everybody whom they let."
		if tellConditioned(p, g, answer{v, r}, g.chosenKeys(r, all), rung{severity: check.Medium, says: says}) {
			return
		}
	}
	v, r := g.reach(open(own), all)
	switch {
	case v.Decision == policy.Unknown && len(v.UnknownKeys) == 0:
		p.Undecided("", "trust policy: how AWS reads a condition of it")
	case effective.MayBe(v):
		keys := append(g.chosenKeys(r, all), v.UnknownKeys...)
		tellConditioned(p, g, answer{v, r}, keys, rung{severity: check.High, says: "How many can meet it is not known."})
	}
}

// given is the rung as one request climbs it: an external ID that any text meets is none.
func (step rung) given(r policy.Request) rung {
	if v := r.Context.Keys["sts:externalid"]; len(v.Values) == 1 && v.Values[0] == unheardOf {
		step.severity, step.says = check.Critical, "It asks for an external ID and takes any: anybody gets in who gives one."
	}
	return step
}

// fillAs gives what a stranger can put in for a pattern. A principal's ARN is one of his own account, and an organization
// is the role's own or, for a stranger, any other.
func fillAs(p *check.Pass, insider bool) func(key, pattern string) []string {
	own := organizationOf(p)
	return func(key, pattern string) []string {
		switch {
		case key == "aws:principalarn":
			return arnsLike(pattern, p.Role.Ref.Partition)
		case key == "aws:principalorgid" && insider:
			return []string{own}
		case isOrganization(key):
			return slices.DeleteFunc(samples(pattern), func(text string) bool {
				return (text == own || strings.HasPrefix(text, own+"/")) != insider
			})
		case key == "aws:sourceip" && pattern == "*":
			return []string{"198.51.100.7", "2001:db8::7"}
		case pattern == "*":
			return []string{unheardOf, "true", "false"}
		}
		return samples(pattern)
	}
}

// strangerAccount is an account that nobody has heard of.
const strangerAccount = "999999999999"

// arnsLike are ARNs of principals that somebody can make in his own account so that a pattern covers them.
func arnsLike(pattern, partition string) []string {
	own := aws.ARN{Partition: partition, Account: strangerAccount}
	if named, ok := aws.ParseARNPattern(pattern); ok {
		if named.Service != "sts" {
			named.Service = "iam"
		}
		return []string{own.In(named.Service, effective.Sample(named.Resource)).String()}
	}
	rest := effective.Sample(strings.TrimLeft(pattern, "*:"))
	return []string{own.In("iam", "role/"+rest).String(), own.In("iam", rest).String(), own.In("iam", "role/"+unheardOf).String()}
}

// answer is a verdict with the request that it is of.
type answer struct {
	verdict policy.Verdict
	request policy.Request
}

// tellConditioned reports the statements that name everybody, if it is one of those that lets the caller in.
func tellConditioned(p *check.Pass, g gate, a answer, keys []string, step rung) bool {
	refs := slices.DeleteFunc(g.admitting(a.verdict, a.request), func(s policy.StatementRef) bool {
		return s.Document.Match(s.Statement.Index, stranger(p.Role.ARN())).Principal != policy.True
	})
	if len(refs) == 0 {
		return false
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	what := "a condition on " + words.List(keys) + " alone"
	if len(keys) == 0 {
		what = "a condition alone"
	}
	p.Report(check.Diagnostic{
		Severity: step.severity, Functions: p.Role.Users.List, Title: "Anyone who meets a condition can assume " + p.Role.Ref.Name,
		Detail:   fmt.Sprintf("The trust policy of %s names everybody, and keeps strangers out by %s. %s%s", p.Role.Ref.Name, what, step.says, g.caveat),
		Evidence: evidenceOf(refs, "It names every principal; a condition is all that stands in the way."),
		Fix:      check.Fix{Summary: "Name who is meant in Principal, beside the condition."},
	})
	return true
}
