package reach

import (
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Kind is how one node becomes another, or changes it.
type Kind int8

// The kinds.
const (
	// Assume assumes a role, Pass hands it to a service that runs code with it, and RunAs changes a function that runs as it.
	Assume Kind = iota + 1
	Pass
	RunAs
	// Admit changes the role's trust policy and assumes it.
	Admit
	// SignIn makes credentials of a user.
	SignIn
	// Make makes a role with any permissions and assumes it.
	Make
	// Change changes what others may do. It leads nowhere by itself: who changes a role that they can become, or are, becomes what it is then.
	Change
	// Compute gets into something that may run as a role of which it is not known, such as an instance.
	Compute
)

var kindNames = [...]string{
	Assume: "assume", Pass: "pass", RunAs: "run as", Admit: "change trust", SignIn: "sign in", Make: "make", Change: "change", Compute: "compute",
}

// String is the kind in a word or two.
func (k Kind) String() string { return kindNames[k] }

// MarshalText writes the words.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// What a Change changes: the policies, so that the node may do all that its boundary and the organization leave, or the boundary, which it
// removes.
const (
	Policies uint8 = 1 << iota
	Boundary
)

// Edge is how one node becomes others, or changes them. All of To are alike: one witness stands for all.
type Edge struct {
	Kind Kind
	// Path is the ID of the known path that it is, as RW308 has it; empty for none.
	Path string
	// Requests are the witness, in their order, on Sample or on what leads to it.
	Requests []ask.Step
	// Decision is Allowed or Unknown, and DependsOn says what an unknown one depends on.
	Decision  policy.Decision
	DependsOn []role.Gap
	// To are the places of nodes, and Sample is the ARN in the requests that stands for each of them.
	To     *Set
	Sample string
	// Through are, for each of To, the ARN of the function or of the policy that leads to it; nil where the requests are on the node.
	Through []string
	// Service is the principal of the service that a role is passed to, or that Compute runs with.
	Service string
	// Changes are what a Change changes.
	Changes uint8
	// Requires is what has to exist for the edge, as a sentence goes on after "requires".
	Requires string
	// Unlisted is the ARN, or the pattern, of what the policies name and the listing does not have; To is then empty.
	// Why says why it is not known; empty where the listing of its account does not have it.
	Unlisted string
	Why      role.Gap

	// key is the hash of the first statement, or says which action the edge begins with where no statement is known.
	key string
}

// Key is the hash of the statement that allows the first request of the edge. It is that of its canonical text, so that a policy that is
// written in another way has the same.
func (e *Edge) Key() string { return e.key }

// setKey works out the key.
func (e *Edge) setKey() {
	if ref := e.First(); ref != nil {
		e.key = role.HashText(string(ref.Statement.Canonical()))[:keyLength]
	} else if len(e.Requests) > 0 {
		e.key = e.Requests[0].Action
	}
}

// keyLength is how many digits of a hash a key has.
const keyLength = 16

// IsEntry reports whether whoever takes the edge has the credentials of the node that it leads to.
func (e *Edge) IsEntry() bool { return e.Kind < Change }

// IsOpen reports whether the edge gets into something of which the listing does not say what it runs as.
func (e *Edge) IsOpen() bool { return e.Kind == Compute || e.Kind == RunAs && e.Service != "" }

// First is the statement that allows the first request; nil where the answer is unknown and none is named.
func (e *Edge) First() *policy.StatementRef {
	for i := range e.Requests {
		for k := range e.Requests[i].Statements {
			return &e.Requests[i].Statements[k]
		}
	}
	return nil
}

// Asker answers what nodes may do. It is safe for concurrent use.
type Asker interface {
	// Look gives the edges of a node, and how much power it has.
	Look(n *Node, a *Account) (Standing, []Edge)
	// May reports whether a node could have edges at all; it is cheap.
	May(n *Node, a *Account) bool
	// Standing is how much power a node has.
	Standing(n *Node) Standing
	// Anything is a role or user whose policies allow everything, within its boundary and the organization.
	Anything(s *role.Snapshot) *role.Snapshot
	// More gives those of some requests, all of one node, that another node may not make.
	More(than *Node, strong []ask.Step) []ask.Step
}
