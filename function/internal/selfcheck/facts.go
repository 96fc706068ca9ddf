// Package selfcheck judges whether rolewatch itself sees changes and whether its messages arrive: whether a trail delivers records, the
// rules, the queue and the function that they lead to are whole, and somebody is subscribed. It reads nothing: facts go in, and a
// result for each thing that was looked at comes out. What was not read is unknown, and never wrong.
package selfcheck

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Facts are what was read of the deployment. What was not looked at is nil or zero.
type Facts struct {
	Now                time.Time
	Partition, Account string
	// Home is the Region of the function, and Watched are those whose functions are watched.
	Home    string
	Watched []string
	// Stacks are the home stack, which is the first, and the stacks of the other Regions.
	Stacks []Stack
	Trails []Trails
	// Function is absent where it does not exist.
	Function role.Maybe[Function]
	// Recursion is what Lambda does when the function sends itself an item again and again.
	Recursion role.Maybe[string]
	Mapping   role.Maybe[Mapping]
	Bus       role.Maybe[string]
	// Hub says that the deployment is the hub of an organization. HubBus is the bus that its members send to, and RecordsMapping the mapping
	// of its queue of records.
	Hub            bool
	HubBus         role.Maybe[string]
	RecordsMapping role.Maybe[Mapping]
	Topics         []Topic
	Keys           []Key
	Table          role.Maybe[Table]
	Sweep          role.Maybe[finding.Sweep]
	// Marks are the times that the function has noted.
	Marks role.Maybe[map[string]time.Time]
	// Calls are what was read, each call of a Region once.
	Calls []Call
}

// Call is a call that was made, "iam:GetRole", and why it was refused; no reason where it was answered.
type Call struct {
	Name, Region string
	Refused      role.Reason
	// Failed says that it may succeed when it is repeated.
	Failed string
}

// Stack is a stack of CloudFormation.
type Stack struct {
	Name, Region string
	// Resources are absent where there is no such stack.
	Resources role.Maybe[[]Resource]
	Rules     []Rule
	// DeadLetters is how many messages are in the stack's dead-letter queue; absent where there is no such queue.
	DeadLetters role.Maybe[int]
}

// Resource is a resource of a stack, by its logical ID and its name.
type Resource struct{ ID, Type, Name string }

// Find gives the name of a resource by its logical ID. CDK puts a hash of eight characters after the ID.
func (s Stack) Find(id, resourceType string) (string, bool) {
	for _, r := range s.Resources.Or(nil) {
		if r.Type == resourceType && (r.ID == id || len(r.ID) == len(id)+8 && r.ID[:len(id)] == id) {
			return r.Name, r.Name != ""
		}
	}
	return "", false
}

// Rule is a rule of EventBridge.
type Rule struct {
	// ID is the rule's logical ID; Bus is empty for the default bus.
	ID, Name, Bus string
	// State is absent where there is no such rule.
	State   role.Maybe[string]
	Targets role.Maybe[[]string]
	// Wanted is the ARN of the target that the rule must have.
	Wanted string
}

// Trails are those that apply to a Region.
type Trails struct {
	Region string
	List   role.Maybe[[]Trail]
}

// Trail is a trail of CloudTrail.
type Trail struct {
	Name, ARN, Home                     string
	MultiRegion, Organization, Services bool
	Logging                             role.Maybe[bool]
	Selectors                           role.Maybe[Selectors]
}

// Selectors are the event selectors of a trail; it has those of one kind.
type Selectors struct {
	Basic    []BasicSelector
	Advanced [][]FieldSelector
}

// BasicSelector says which management events a trail logs.
type BasicSelector struct {
	Management bool
	ReadWrite  string
	Excluded   []string
}

// FieldSelector is one condition of an advanced event selector.
type FieldSelector struct {
	Field             string
	Equals, NotEquals []string
	// Others says that it has conditions that begin or end with something.
	Others bool
}

// Function is rolewatch's function.
type Function struct {
	Name, ARN, State, Why string
	LastUpdate, Role      string
}

// Mapping is the event source mapping between queue and function.
type Mapping struct{ ID, State, Why string }

// Topic is a topic of SNS, by its logical ID.
type Topic struct {
	ID, ARN string
	// Confirmed and Pending are the endpoints of its subscriptions; absent where there is no such topic.
	Subscriptions role.Maybe[Subscriptions]
}

// Subscriptions are those of a topic: the ARNs of those that are confirmed, and the endpoints of those that are not.
type Subscriptions struct{ Confirmed, Pending []string }

// Key is a customer managed key of the stack, which encrypts topics.
type Key struct {
	ID string
	// State is absent where there is no such key: "Enabled" is the only one in which it encrypts.
	State role.Maybe[string]
}

// Table is the table of states.
type Table struct {
	Name, Status string
	Indexes      []Index
}

// Index is an index of the table.
type Index struct {
	Name, Status string
	Backfilling  bool
}

// alarmType is CloudFormation's word for an alarm.
const alarmType = "AWS::CloudWatch::Alarm"

// HasAlarm tells whether the stack of a Region may have an alarm of this name.
func (f *Facts) HasAlarm(region, name string) bool {
	for _, s := range f.Stacks {
		if s.Region != region {
			continue
		}
		list, known := s.Resources.Get()
		return !known && s.Resources.State() == role.Unknown ||
			slices.ContainsFunc(list, func(r Resource) bool { return r.Type == alarmType && r.Name == name })
	}
	return false
}
