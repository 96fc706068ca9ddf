package ask

import (
	"maps"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Session is a session of a role, as the function's own code has it. It is not safe for concurrent use.
type Session struct {
	*Caller
	arn string
	// actions are by the first statement of the prober's list, regional says of statements whether they apply in some Regions only.
	actions  map[*policy.StatementRef]*actionFacts
	regional map[*policy.Statement]bool
	regions  []string
	// kinds are those of the condition keys, and common are the facts that many questions have in common.
	kinds  map[string]keyKind
	common map[common]commonFacts
	// asked counts the questions about what no policy names, and alike has the answers to such questions by their likeness, of which buffer
	// holds one.
	asked  int
	alike  map[likeness]Answer
	buffer []byte
	// tagsItself is set once it was asked whether the role may tag itself.
	tagsItself *bool
	// changes says of tags whether they may be changed, once that was asked.
	changes map[tagChange]bool
	name    string
	unnamed map[unnamed][]Resource
	// overlaps has what Overlaps found, by what was asked.
	overlaps map[string][]Resource
}

// NewSession makes a session of a caller.
func NewSession(c *Caller) *Session {
	c.prepare()
	s := &Session{
		Caller: c, arn: c.sessionARN(),
		actions: map[*policy.StatementRef]*actionFacts{}, regional: map[*policy.Statement]bool{}, unnamed: map[unnamed][]Resource{},
		kinds: map[string]keyKind{}, common: map[common]commonFacts{}, changes: map[tagChange]bool{}, overlaps: map[string][]Resource{},
	}
	s.regions = s.allRegions()
	s.name = s.unnamedName()
	return s
}

// Spend takes work that is not a question's own out of the budget of evaluations. Where that does not suffice it reports false, and
// whoever asks leaves out what the work was for: the budget says that something was.
func (s *Session) Spend(steps int) bool {
	if s.Budget.evaluations.Spend(steps) {
		return true
	}
	s.Budget.Exceed()
	return false
}

// ARN is the session's own.
func (s *Session) ARN() string { return s.arn }

// probersOf are the probers for a service's resources in the caller's account: with the whole set, and then with what stands in for it. The
// policy of a resource that needs one leaves it to the account.
func (s *Session) probersOf(service string) []*policy.Prober {
	at := resourcePolicy{limited: s.isLimited(service)}
	if needsResourcePolicy(service) {
		at.account = s.Role.Ref.Account
	}
	return s.probersFor(at, s.Role.RCPs)
}

// requestedRegion is where a request for a service goes.
func (s *Session) requestedRegion(service, region string) string {
	if aws.IsGlobalService(service) || region == "" {
		return s.globalRegion()
	}
	return region
}

// globalRegion is where the partition's services are that have one endpoint for all Regions.
func (s *Session) globalRegion() string { return aws.PartitionNamed(s.Role.Ref.Partition).GlobalRegion }

// With adds keys, in lower case, to a context.
func With(c policy.Context, keys map[string]policy.ContextValue) policy.Context {
	c.Keys = maps.Clone(c.Keys)
	if c.Keys == nil {
		c.Keys = map[string]policy.ContextValue{}
	}
	maps.Copy(c.Keys, keys)
	return c
}
