package actions

import (
	_ "embed"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy/actions/internal/format"
)

//go:generate go run ./internal/generate -version 0.21.202609261 -out actions.deflate

//go:embed actions.deflate
var embedded []byte

// Level is an access level, as the Service Authorization Reference has it.
type Level int

// The access levels.
const (
	Read Level = iota + 1
	List
	Write
	Tagging
	PermissionsManagement
)

var levels = map[byte]Level{'r': Read, 'l': List, 'w': Write, 't': Tagging, 'p': PermissionsManagement}

// String is the level's name in AWS's documentation.
func (l Level) String() string {
	switch l {
	case Read:
		return "Read"
	case List:
		return "List"
	case Write:
		return "Write"
	case Tagging:
		return "Tagging"
	case PermissionsManagement:
		return "Permissions management"
	}
	return "unknown"
}

// Action is one action. Its lists are shared and must not be changed.
type Action struct {
	Service, Name string
	Level         Level
	// ResourceTypes are those that it takes. It has none where it takes only Resource "*".
	ResourceTypes []ResourceType
	// ConditionKeys are those of its own, by the names in AWS's documentation; those of its resource types stand there.
	ConditionKeys []string
}

// String is the action as a policy names it: "s3:GetObject".
func (a Action) String() string { return a.Service + ":" + a.Name }

// OnlyStar says whether the action takes no other Resource than "*".
func (a Action) OnlyStar() bool { return len(a.ResourceTypes) == 0 }

// ResourceType is a kind of resource that an action takes.
type ResourceType struct {
	Name string
	// ARN is the form of its ARNs, as "arn:${Partition}:s3:::${BucketName}/${ObjectName}".
	ARN  string
	Keys []string
	// Required is set where the action must name one.
	Required bool
}

// catalogue is what the embedded file says.
type catalogue struct {
	source   string
	services []format.Service
	// names are all actions in the order of their services and names; from is where each service's begin.
	names []string
	from  []int
}

var load = sync.OnceValue(func() *catalogue {
	source, services, err := format.Decode(embedded)
	if err != nil {
		// The file is part of the program; a test reads it.
		panic(err)
	}
	c := &catalogue{source: source, services: services}
	for _, s := range services {
		c.from = append(c.from, len(c.names))
		for _, a := range s.Actions {
			c.names = append(c.names, s.Prefix+":"+a.Name)
		}
	}
	return c
})

// Source names what the catalogue is made from, with its version.
func Source() string { return load().source }

// Names gives every action as a policy names it, sorted by service and then by name, upper and lower case being equal. The
// slice is shared and must not be changed.
func Names() []string { return load().names }

// Services gives the prefixes of all services, sorted.
func Services() []string {
	c := load()
	prefixes := make([]string, len(c.services))
	for i, s := range c.services {
		prefixes[i] = s.Prefix
	}
	return prefixes
}

// Service gives the actions of a service, sorted by name, and false for a prefix that is not known.
func Service(prefix string) ([]Action, bool) {
	c := load()
	at, ok := c.service(prefix)
	if !ok {
		return nil, false
	}
	s := &c.services[at]
	list := make([]Action, len(s.Actions))
	for i := range s.Actions {
		list[i] = action(s, &s.Actions[i])
	}
	return list, true
}

// Lookup gives an action, whatever the case of its letters, and false for one that is not known.
func Lookup(name string) (Action, bool) {
	prefix, name, _ := strings.Cut(name, ":")
	c := load()
	at, ok := c.service(prefix)
	if !ok {
		return Action{}, false
	}
	s := &c.services[at]
	i := sort.Search(len(s.Actions), func(i int) bool { return compareFold(s.Actions[i].Name, name) >= 0 })
	if i == len(s.Actions) || compareFold(s.Actions[i].Name, name) != 0 {
		return Action{}, false
	}
	return action(s, &s.Actions[i]), true
}

func (c *catalogue) service(prefix string) (int, bool) {
	i := sort.Search(len(c.services), func(i int) bool { return compareFold(c.services[i].Prefix, prefix) >= 0 })
	return i, i < len(c.services) && compareFold(c.services[i].Prefix, prefix) == 0
}

func action(s *format.Service, a *format.Action) Action {
	out := Action{Service: s.Prefix, Name: a.Name, Level: levels[a.Level], ConditionKeys: keyNames(s, a.Keys)}
	for _, at := range a.ResourceTypes {
		t := &s.ResourceTypes[at]
		out.ResourceTypes = append(out.ResourceTypes, ResourceType{
			Name: t.Name, ARN: t.ARN, Keys: keyNames(s, t.Keys), Required: slices.Contains(a.Required, at),
		})
	}
	return out
}

func keyNames(s *format.Service, places []int) []string {
	if len(places) == 0 {
		return nil
	}
	names := make([]string, len(places))
	for i, at := range places {
		names[i] = s.Keys[at].Name
	}
	return names
}

// compareFold compares texts of ASCII as if they were in lower case.
func compareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
