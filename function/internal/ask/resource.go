package ask

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Resource is something that an action may be asked for on.
type Resource struct {
	// ARN is an ARN, a pattern of ARNs, or "*".
	ARN string
	// Type is the resource type's name where the ARN stands for any of the type that no policy names.
	Type string
	// Named is set where a policy names the resource, or Pattern, of which it is an instance.
	Named   bool
	Pattern string
}

// fill makes an ARN of a form in the catalogue of actions: of the role's account, with a name.
func fill(form string, ref role.Ref, region, name string) string {
	var b strings.Builder
	b.Grow(len(form) + 64)
	for {
		before, rest, found := strings.Cut(form, "${")
		b.WriteString(strings.ReplaceAll(before, "*", name))
		variable, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return b.String()
		}
		switch variable {
		case "Partition":
			b.WriteString(ref.Partition)
		case "Region":
			b.WriteString(region)
		case "Account":
			b.WriteString(ref.Account)
		default:
			b.WriteString(identifier(variable, name))
		}
		form = after
	}
}

// KeyID is the ID of a key that no policy names.
const KeyID = "7f3c9d52-4b1a-4e8f-9c6d-2a5b8e0f1c34"

// identifier is what stands for a variable of a form: an ID as AWS makes them, where the owner of a resource does not choose its
// name, and else a name.
//   - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
//   - https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-id
//   - https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html: the name, a hyphen and six characters
func identifier(variable, name string) string {
	switch variable {
	case "InstanceId":
		return "i-0f1e2d3c4b5a69788"
	case "InstanceName", "ManagedInstanceName", "ManagedInstanceId":
		return "mi-0f1e2d3c4b5a69788"
	case "KeyId":
		return KeyID
	case "SecretId":
		return name + "-Xz7Kq3"
	}
	return name
}

// Name is a name that no policy has a pattern for, but those of all names.
func (s *Session) Name() string { return s.name }

// names are names that are tried first, whose beginnings and ends differ.
var names = []string{"q7zk3-rolewatch-probe", "4xn-rolewatch-q0", "wj9-rolewatch-u5", "0vy-rolewatch-k2", "hx6-rolewatch-zz", "Kq3-rolewatch-J8"}

// nameCharacters are those that the name of any resource may consist of.
const nameCharacters = "xqzjkvwy0123456789abcdefghilmnoprstu"

// freeName is a name that none of some patterns covers: the first of names, or else one character over and over, since a pattern like
// *-* or *o* covers all of names. It is the first of names where there is none.
func freeName(patterns []string) string {
	isFree := func(name string) bool {
		return !slices.ContainsFunc(patterns, func(p string) bool { return Matches(p, name) })
	}
	if i := slices.IndexFunc(names, isFree); i >= 0 {
		return names[i]
	}
	for _, c := range nameCharacters {
		if name := strings.Repeat(string(c), len(names[0])); isFree(name) {
			return name
		}
	}
	return names[0]
}

// unnamedName is a name that no pattern of a name covers, but those of all names. It also takes the place of a wildcard, as in team-*,
// where a pattern like team-*-* must not cover it: so what a pattern has from its first wildcard on does not cover it either.
func (s *Session) unnamedName() string {
	var patterns []string
	for part := range s.parts {
		patterns = append(patterns, textsIn(part.Document, namePatternsKey{}, appendNamePatterns)...)
	}
	return freeName(patterns)
}

type namePatternsKey struct{}

// appendNamePatterns adds the patterns of names in a statement, whole and from their first wildcards on, without those of all names.
func appendNamePatterns(out []string, st *policy.Statement) []string {
	for _, v := range st.Resources {
		name := v.Text[strings.LastIndexAny(v.Text, ":/")+1:]
		first := strings.IndexAny(name, "*?")
		if first < 0 {
			continue
		}
		for _, pattern := range []string{name, name[first:]} {
			if strings.Trim(pattern, "*?") != "" {
				out = append(out, pattern)
			}
		}
	}
	return out
}

// IsOfType reports whether an ARN could be one of a type, by the service and by how its last segment begins.
func IsOfType(arn string, t actions.ResourceType) bool {
	have, ok := aws.ParseARNPattern(arn)
	if !ok {
		return false
	}
	return slices.ContainsFunc(t.ARNs, func(form string) bool {
		want, ok := aws.ParseARNPattern(form)
		if !ok || have.Service != want.Service {
			return false
		}
		start, _, _ := strings.Cut(want.Resource, "${")
		// A bucket has no slash in its ARN, and an object has one.
		return strings.HasPrefix(have.Resource, start) && (start != "" || strings.Contains(have.Resource, "/") == strings.Contains(want.Resource, "/"))
	})
}

func serviceOfARN(arn string) string {
	a, _ := aws.ParseARNPattern(arn)
	return a.Service
}

// Instances are resources that policies name for an action, one for each pattern: in Resource of statements that allow it, in
// the policies that limit it, and in NotResource of statements that deny it.
func (s *Session) Instances(action string) []Resource {
	f := s.factsOfAction(action)
	if f.instances != nil {
		return slices.Clip(f.instances)
	}
	before := s.Budget.Unanswered()
	list := s.instancesIn(f.covering)
	if s.Budget.Unanswered() == before {
		f.instances = list // One that is cut off is not kept: there may be room for the whole list when it is asked for again.
	}
	return slices.Clip(list)
}

func (s *Session) instancesIn(covering []policy.StatementRef) []Resource {
	out, seen := []Resource{}, map[string]bool{}
	for _, ref := range covering {
		if ref.Statement.NotResource != (ref.Effect == policy.Deny) {
			continue
		}
		for _, v := range ref.Statement.Resources {
			if !s.Spend(instanceWeight) {
				return out
			}
			for _, region := range s.regions {
				if text, ok := s.instance(v.Text, region); ok && !seen[text] {
					seen[text] = true
					out = append(out, named(text, v.Text))
				}
			}
		}
	}
	return out
}

// instanceWeight is about how many steps it takes to make an ARN of a pattern.
const instanceWeight = 60

// named is what a value of Resource names.
func named(arn, text string) Resource {
	r := Resource{ARN: arn, Named: true}
	if strings.ContainsAny(text, "*?$") {
		r.Pattern = text
	}
	return r
}

// Instance is an ARN that a pattern covers, with what is the role's own in the place of wildcards; false for one that names nothing.
func (s *Session) Instance(text string) (string, bool) { return s.instance(text, s.regions[0]) }

// instance is an ARN that a value of Resource covers, with what is the role's own in the place of wildcards; false for one that
// names nothing.
func (s *Session) instance(text, region string) (string, bool) {
	arn, ok := aws.CompleteARNPattern(text)
	if !ok || !aws.IsARN(text) || strings.Trim(arn.Resource, "*") == "" {
		return "", false
	}
	if arn.Region = inRegion(arn.Region, region); strings.ContainsAny(arn.Region, "*?") {
		return "", false
	}
	ref := s.Role.Ref
	arn.Partition, arn.Account = own(arn.Partition, ref.Partition), own(arn.Account, ref.Account)
	arn.Resource = Sample(s.withVariables(arn.Resource), s.name)
	return arn.String(), true
}

// withVariables puts values in the place of variables: of the role where they are known.
func (s *Session) withVariables(text string) string {
	return replaceVariables(text, func(key, fallback string) string {
		if value, ok := s.knownValue(key); ok {
			return value
		}
		return cmp.Or(fallback, s.name)
	})
}

// knownValue is the one value that a key has in every call of the session; false for a key of which that is not known.
func (s *Session) knownValue(key string) (string, bool) {
	if v := s.base(key); len(v.Values) == 1 && v.Presence == policy.KeyPresent {
		return v.Values[0], true
	}
	return "", false
}

// inRegion puts a Region in the place of a pattern that covers it; of one that does not, what the pattern begins with stays.
func inRegion(segment, region string) string {
	if strings.Contains(segment, "$") || strings.ContainsAny(segment, "*?") && Matches(segment, region) {
		return region
	}
	return segment
}

// own puts what is the role's own in the place of a pattern.
func own(segment, roles string) string {
	if strings.ContainsAny(segment, "*?$") {
		return roles
	}
	return segment
}

// Sample is a text that a pattern covers, with a name in the place of its first asterisk.
func Sample(pattern, name string) string {
	first := strings.Replace(pattern, "*", name, 1)
	return strings.NewReplacer("*", "x", "?", "x").Replace(first)
}

// Matches reports whether a pattern with asterisks and question marks covers a text. Its work is bounded by the product of
// their lengths, whatever the pattern.
func Matches(pattern, text string) bool {
	p, t, star, resume := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// InstancesOf are resources that a statement names, one for each pattern.
func (s *Session) InstancesOf(ref policy.StatementRef) []Resource {
	if ref.Statement.NotResource {
		return nil
	}
	var out []Resource
	for _, v := range ref.Statement.Resources {
		for _, region := range s.regions {
			if text, ok := s.instance(v.Text, region); ok && !slices.ContainsFunc(out, func(r Resource) bool { return r.ARN == text }) {
				out = append(out, named(text, v.Text))
			}
		}
	}
	return out
}
