package combine

// Kind is a kind of policy that applies to a request.
type Kind int8

// The kinds, in the order in which a verdict names them.
const (
	Identity Kind = iota
	Resource
	Boundary
	Session
	Endpoint
	SCP
	RCP
	// Kinds is how many there are.
	Kinds
)

// names are the kinds' names, in their order.
var names = [Kinds]string{"identity", "resource", "boundary", "session", "endpoint", "scp", "rcp"}

// Names are the names of all kinds, in their order.
func Names() []string { return names[:] }

// String is the kind's name in the reasons of a verdict: "identity", for example.
func (k Kind) String() string { return names[k] }

// Limits reports whether policies of the kind grant nothing and only limit what others grant. See "Policy types" in the IAM
// User Guide.
func (k Kind) Limits() bool { return k != Identity && k != Resource }

// OnlyDenies reports whether policies of the kind can only deny: the one that allows everything is always attached (rule 54).
func (k Kind) OnlyDenies() bool { return k == RCP }

// needsAll reports whether each policy of a level has to allow. Of the other kinds one that allows is enough.
func (k Kind) needsAll() bool { return k == Boundary }

// isOptional reports whether a level without any policy of the kind allows everything.
func (k Kind) isOptional() bool { return k == Boundary || k == Session || k == Endpoint }
