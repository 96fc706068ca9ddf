package ask

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// actionFacts are what the policies say of all actions that the same statements cover, whatever the request.
type actionFacts struct {
	// regions are those in which answers may differ, the functions' own first.
	regions []string
	// covering are the statements that cover the actions, whatever their effect; allowing are the Allow statements of identity
	// policies among them.
	covering, allowing []policy.StatementRef
	// mayBeHopeless is set where the statements may allow nothing at all, and outlooks say by Region whether they do.
	mayBeHopeless bool
	outlooks      []outlook
	// instances are what the statements name, once that was asked for.
	instances []Resource
	// namings are what a resource has to match one of each, once that was asked for.
	namings []naming
	// reaches says whether a statement could allow the actions on each of the resources that no policy names.
	reaches map[unnamed][]reach
}

func (s *Session) factsOfAction(action string) *actionFacts {
	var covering []policy.StatementRef
	if list := s.probersOf(actions.ServiceOf(action)); len(list) > 0 {
		if covering = list[0].Covering(action); !list[0].Knows(action) {
			s.Budget.Exceed()
		}
	}
	// The prober gives one list for all actions that the same statements cover.
	var at *policy.StatementRef
	if len(covering) > 0 {
		at = &covering[0]
	}
	f, ok := s.actions[at]
	if !ok {
		f = s.newFacts(covering)
		s.actions[at] = f
	}
	return f
}

func (s *Session) newFacts(covering []policy.StatementRef) *actionFacts {
	f := &actionFacts{covering: covering}
	for _, ref := range f.covering {
		if ref.Effect == policy.Allow && slices.ContainsFunc(s.Set.Identity, func(p policy.Part) bool { return p.Document == ref.Document }) {
			f.allowing = append(f.allowing, ref)
		}
	}
	f.regions = s.regions[:min(1, len(s.regions))]
	if slices.ContainsFunc(f.covering, s.tellsRegions) {
		f.regions = s.regions
	}
	f.mayBeHopeless = mayBeHopeless(f)
	return f
}

// tellsRegions is the function of this name, which is asked once for each statement.
func (s *Session) tellsRegions(ref policy.StatementRef) bool {
	tells, ok := s.regional[ref.Statement]
	if !ok {
		tells = tellsRegions(ref)
		s.regional[ref.Statement] = tells
	}
	return tells
}

// Covering are the statements of all policies that cover an action, whatever their effect.
func (s *Session) Covering(action string) []policy.StatementRef {
	return s.factsOfAction(action).covering
}

// Allowing are the statements of identity policies that allow an action on something.
func (s *Session) Allowing(action string) []policy.StatementRef {
	if !s.Grants(action) {
		return nil
	}
	return s.factsOfAction(action).allowing
}

// Regions are those in which answers about actions may differ: those of the functions, those that policies name, and one that
// none names.
func (s *Session) Regions(actions ...string) []string {
	for _, action := range actions {
		if list := s.factsOfAction(action).regions; len(list) > 1 {
			return list
		}
	}
	return s.regions[:1]
}

// InRegions gives the best answer of all Regions that make a difference for some actions.
func (s *Session) InRegions(ask func(region string) Answer, actions ...string) Answer {
	var best Answer
	for _, region := range s.Regions(actions...) {
		if best = Better(best, ask(region)); best.IsBest() {
			return best
		}
	}
	return best
}

// InRegionsOf is InRegions for a resource: one that is in a Region is acted on by requests to that Region alone.
func (s *Session) InRegionsOf(resource string, ask func(region string) Answer, actions ...string) Answer {
	if arn, ok := aws.ParseARNPattern(resource); ok && arn.Region != "" && !strings.ContainsAny(arn.Region, "*?$") {
		return ask(arn.Region)
	}
	return s.InRegions(ask, actions...)
}

// tellsRegions reports whether a statement applies in some Regions only.
func tellsRegions(ref policy.StatementRef) bool {
	return slices.ContainsFunc(ref.Statement.Conditions, func(c policy.Condition) bool {
		return IsRegionKey(strings.ToLower(c.Key)) || slices.ContainsFunc(c.Values, func(v policy.Value) bool { return variesByRegion(v.Text) })
	}) ||
		slices.ContainsFunc(ref.Statement.Resources, func(v policy.Value) bool {
			arn, ok := aws.CompleteARNPattern(v.Text)
			return ok && aws.IsARN(v.Text) && strings.Trim(arn.Region, "*") != "" || variesByRegion(v.Text)
		})
}

// variesByRegion reports whether a value has the request's Region as a variable.
func variesByRegion(text string) bool {
	lower := strings.ToLower(text)
	return strings.Contains(lower, "${aws:requestedregion") || strings.Contains(lower, "${ec2:region")
}

// ec2Region is a key of EC2's, which the requests to other services do not carry:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
const ec2Region = "ec2:region"

// regionKeys are the keys whose value is the Region that a request goes to, in lower case.
var regionKeys = []string{"aws:requestedregion", ec2Region}

// regionIn is what a request to a Region carries of a key that holds it; ofEC2 says that the request is one to EC2.
func regionIn(key, region string, ofEC2 bool) policy.ContextValue {
	if key == ec2Region && !ofEC2 {
		return absent
	}
	return Value(region)
}

func isOfEC2(action string) bool { return actions.ServiceOf(action) == "ec2" }

// IsRegionKey reports whether a key, in lower case, holds the Region that a request goes to.
func IsRegionKey(key string) bool { return slices.Contains(regionKeys, key) }

// allRegions are the Regions of the functions, then those that policies name, be it by a pattern, and one that none names.
func (s *Session) allRegions() []string {
	var list, patterns []string
	add := func(region string) {
		switch {
		case region == "":
		case strings.Contains(region, "$"):
			// A variable may stand for any Region.
			for _, any := range aws.RegionsOf(s.Role.Ref.Partition) {
				if !slices.Contains(list, any) {
					list = append(list, any)
				}
			}
		case strings.ContainsAny(region, "*?"):
			patterns = append(patterns, region)
		case !slices.Contains(list, region) && s.mayBeIn(region):
			list = append(list, region)
		}
	}
	for _, f := range s.Role.Users.List {
		if arn, err := aws.ParseARN(f.ARN); err == nil {
			add(arn.Region)
		}
	}
	if len(list) == 0 {
		add(s.globalRegion())
	}
	named := false
	for part := range s.parts {
		for _, region := range regionsIn(part.Document) {
			named = true
			add(region)
		}
	}
	if !named {
		return list
	}
	return s.withRegionsOf(list, patterns)
}

type regionsKey struct{}

// regionsIn are the texts by which the statements of a document name Regions, "$" where one is a variable; a text may be empty.
func regionsIn(d *policy.Document) []string {
	return textsIn(d, regionsKey{}, appendRegions)
}

// textsIn are some texts of the statements of a document, worked out once for the document; none of one that was not read.
func textsIn(d *policy.Document, key any, appendTexts func(out []string, st *policy.Statement) []string) []string {
	if d == nil {
		return nil
	}
	return d.Memo(key, func() any {
		var out []string
		for i := range d.Statements {
			out = appendTexts(out, &d.Statements[i])
		}
		return out
	}).([]string)
}

func appendRegions(out []string, st *policy.Statement) []string {
	for _, c := range st.Conditions {
		for _, v := range c.Values {
			if IsRegionKey(strings.ToLower(c.Key)) {
				out = append(out, v.Text)
			} else if variesByRegion(v.Text) {
				out = append(out, "$")
			}
		}
	}
	for _, v := range st.Resources {
		if arn, ok := aws.CompleteARNPattern(v.Text); ok && aws.IsARN(v.Text) && strings.Trim(arn.Region, "*") != "" {
			out = append(out, arn.Region)
		} else if variesByRegion(v.Text) {
			out = append(out, "$")
		}
	}
	return out
}

// mayBeIn reports whether a text may be a Region of the role's partition. Of a partition other than the standard one it is not known
// what its Regions are called.
func (s *Session) mayBeIn(region string) bool {
	own := s.Role.Ref.Partition
	return aws.IsRegion(region) && (own != aws.StandardPartition || aws.PartitionOfRegion(region).Name == own)
}

// withRegionsOf adds one Region for each way in which Regions match the patterns: one that none matches, too.
func (s *Session) withRegionsOf(list, patterns []string) []string {
	wayOf := func(region string) string {
		way := make([]byte, len(patterns))
		for i, pattern := range patterns {
			way[i] = '-'
			if Matches(pattern, region) {
				way[i] = '+'
			}
		}
		return string(way)
	}
	named, ways := len(list), map[string]bool{}
	for _, region := range aws.RegionsOf(s.Role.Ref.Partition) {
		if len(patterns) == 0 && len(list) > named {
			break
		}
		if way := wayOf(region); !ways[way] && !slices.Contains(list[:named], region) {
			ways[way] = true
			list = append(list, region)
		}
	}
	return list
}

// Statements are all that bear on the role, whatever policies they are in.
func (s *Session) Statements() func(yield func(*policy.Statement) bool) {
	return func(yield func(*policy.Statement) bool) {
		for part := range s.parts {
			if part.Document == nil {
				continue
			}
			for i := range part.Document.Statements {
				if !yield(&part.Document.Statements[i]) {
					return
				}
			}
		}
	}
}

// parts goes through the policies that bear on the role.
func (s *Session) parts(yield func(*policy.Part) bool) {
	for _, list := range [...][]policy.Part{s.Set.Identity, s.Set.Boundaries} {
		for i := range list {
			if !yield(&list[i]) {
				return
			}
		}
	}
	for _, list := range s.Set.SCPs {
		for i := range list {
			if !yield(&list[i]) {
				return
			}
		}
	}
}
