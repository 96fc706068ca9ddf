package role

import (
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Asked is what a call asks Lambda to configure: of a function version, of an event source mapping, or of asynchronous
// invocation. A setting that is the zero Maybe is one that the call leaves as it is.
type Asked struct {
	// Role is the role as the call writes it; empty for a call that does not set one.
	Role        string          `json:"role,omitempty"`
	LogGroup    Maybe[string]   `json:"logGroup,omitzero"`
	Network     Maybe[Network]  `json:"network,omitzero"`
	DeadLetter  Maybe[string]   `json:"deadLetter,omitzero"`
	Tracing     Maybe[bool]     `json:"tracing,omitzero"`
	Layers      Maybe[[]string] `json:"layers,omitzero"`
	Mounts      Maybe[[]Mount]  `json:"mounts,omitzero"`
	Memory      Maybe[int]      `json:"memory,omitzero"`
	Durable     Maybe[bool]     `json:"durable,omitzero"`
	SnapStart   Maybe[bool]     `json:"snapStart,omitzero"`
	Image       Maybe[bool]     `json:"image,omitzero"`
	Environment Maybe[bool]     `json:"environment,omitzero"`
	KMSKey      Maybe[string]   `json:"kmsKey,omitzero"`
	// Source is the event source mapping that a call about mappings is to make or change.
	Source Maybe[Source] `json:"source,omitzero"`
	// Destinations are what a call about asynchronous invocation sets.
	Destinations Maybe[Destinations] `json:"destinations,omitzero"`
}

// mostAsked bounds the memory of one call, in bytes of JSON: a state holds several.
const mostAsked = 4 << 10

// untouched says that a call leaves a setting as it is.
func untouched[T any](m Maybe[T]) bool { return m.state == Unknown && !m.Reason().Given() }

// over is a setting as it is after the call.
func over[T any](asked, before Maybe[T]) Maybe[T] {
	if untouched(asked) {
		return before
	}
	return asked
}

// Over is the call with what it leaves as it is taken from the version that it is about.
func (a Asked) Over(f Function) Asked {
	c := f.Config
	a.LogGroup, a.Network, a.DeadLetter = over(a.LogGroup, c.LogGroup), over(a.Network, c.Network), over(a.DeadLetter, c.DeadLetter)
	a.Tracing, a.Layers, a.Mounts = over(a.Tracing, c.Tracing), over(a.Layers, c.Layers), over(a.Mounts, c.Mounts)
	a.Durable, a.SnapStart, a.Image = over(a.Durable, c.Durable), over(a.SnapStart, c.SnapStart), over(a.Image, c.Image)
	a.Environment, a.KMSKey, a.Memory = over(a.Environment, f.Environment), over(a.KMSKey, f.KMSKey), over(a.Memory, c.Memory)
	return a.Changing(c.Sources.Or(nil))
}

// Changing is a call about an event source mapping with what it leaves as it is taken from the mapping that it changes, where that is
// one of these.
func (a Asked) Changing(sources []Source) Asked {
	if s, ok := a.Source.Get(); ok {
		for _, there := range sources {
			if s.UUID != "" && s.UUID == there.UUID {
				a.Source = Have(s.over(there))
			}
		}
	}
	return a
}

// EventSource is the mapping that a call about mappings is to make or change. A change does not name the event source: as long as the
// mapping that it changes was not found, nothing is known of it.
func (a Asked) EventSource() Maybe[Source] {
	if s, ok := a.Source.Get(); ok && s.ARN == "" && s.Kind == SourceOther {
		return NotRead[Source](Because(strings.TrimSpace("the event source mapping "+s.UUID) + " that the call changes was not found among those of the function"))
	}
	return a.Source
}

// over is a mapping with what a call leaves as it is taken from the one that is there.
func (s Source) over(before Source) Source {
	out := before
	if s.ARN != "" {
		out.ARN, out.Kind = s.ARN, s.Kind
	}
	if s.State != "" {
		out.State = s.State
	}
	if len(s.Access) > 0 {
		out.Access = s.Access
	}
	if len(s.RegistryAccess) > 0 {
		out.RegistryAccess = s.RegistryAccess
	}
	if len(s.Topics) > 0 {
		out.Topics = s.Topics
	}
	for _, one := range []struct {
		to   *string
		from string
	}{{&out.ConsumerGroup, s.ConsumerGroup}, {&out.Failure, s.Failure}, {&out.KMSKey, s.KMSKey}, {&out.Registry, s.Registry}} {
		if one.from != "" {
			*one.to = one.from
		}
	}
	return out
}

// Onto is a version as the call would leave it.
func (a Asked) Onto(f Function) Function {
	asked := a.Over(f)
	c := &f.Config
	c.LogGroup, c.Network, c.DeadLetter, c.Tracing, c.Layers, c.Mounts = asked.LogGroup, asked.Network, asked.DeadLetter, asked.Tracing, asked.Layers, asked.Mounts
	c.Durable, c.SnapStart, c.Image = asked.Durable, asked.SnapStart, asked.Image
	f.Environment, f.KMSKey, c.Memory = asked.Environment, asked.KMSKey, asked.Memory
	if a.Role != "" {
		f.Role = a.Role
	}
	if source := asked.EventSource(); source.State() == Unknown && !untouched(source) {
		c.Sources = NotRead[[]Source](source.Reason())
	} else if s, ok := source.Get(); ok {
		c.Sources = with(c.Sources, s, func(o Source) bool { return s.UUID != "" && o.UUID == s.UUID })
	}
	if d, ok := asked.Destinations.Get(); ok {
		c.Destinations = with(c.Destinations, d, func(o Destinations) bool { return o.Qualifier == d.Qualifier })
	}
	return f
}

// with is a list with one more in it, which takes the place of those that are the same. A list that is not known stays unknown.
func with[T any](list Maybe[[]T], one T, same func(T) bool) Maybe[[]T] {
	known, ok := list.Get()
	if !ok {
		return list
	}
	return Have(append(slices.DeleteFunc(slices.Clone(known), same), one))
}

// Function is a version as the call would have left it; why says why the rest of it is unknown.
func (a Asked) Function(arn, version, roleARN string, why Reason) Function {
	f := Function{ARN: arn, Version: version, Role: roleARN, Config: UnreadConfig(why)}
	if a.Role != "" {
		f.Role = a.Role
	}
	f.Environment, f.KMSKey = over(a.Environment, NotRead[bool](why)), over(a.KMSKey, NotRead[string](why))
	f.LastModified, f.Edge = NotRead[time.Time](why), NotRead[bool](why)
	c := &f.Config
	c.LogGroup, c.Network, c.DeadLetter = over(a.LogGroup, c.LogGroup), over(a.Network, c.Network), over(a.DeadLetter, c.DeadLetter)
	c.Tracing, c.Layers, c.Mounts = over(a.Tracing, c.Tracing), over(a.Layers, c.Layers), over(a.Mounts, c.Mounts)
	c.Durable, c.SnapStart, c.Image = over(a.Durable, c.Durable), over(a.SnapStart, c.SnapStart), over(a.Image, c.Image)
	c.Memory = over(a.Memory, c.Memory)
	if source := a.EventSource(); source.State() == Known {
		c.Sources = Have([]Source{source.Or(Source{})})
	} else if !untouched(source) {
		c.Sources = NotRead[[]Source](source.Reason())
	}
	if d, ok := a.Destinations.Get(); ok {
		c.Destinations = Have([]Destinations{d})
	} else if !untouched(a.Destinations) {
		c.Destinations = NotRead[[]Destinations](a.Destinations.Reason())
	}
	return f
}

// Kept is the call as it is remembered. One that is too long keeps its role alone, and what else it asks for is unknown.
func (a Asked) Kept() Asked {
	text, err := json.Marshal(a)
	if err == nil && len(text) <= mostAsked {
		return a
	}
	if len(a.Role) > mostAsked {
		a.Role = ""
	}
	why := Because("the rejected call is too long to be stored completely")
	return Asked{
		Role: a.Role, LogGroup: forgotten(a.LogGroup, why), Network: forgotten(a.Network, why), DeadLetter: forgotten(a.DeadLetter, why),
		Tracing: forgotten(a.Tracing, why), Layers: forgotten(a.Layers, why), Mounts: forgotten(a.Mounts, why), Memory: forgotten(a.Memory, why), Durable: forgotten(a.Durable, why),
		SnapStart: forgotten(a.SnapStart, why), Image: forgotten(a.Image, why), Environment: forgotten(a.Environment, why), KMSKey: forgotten(a.KMSKey, why),
		Source: forgotten(a.Source, why), Destinations: forgotten(a.Destinations, why),
	}
}

// forgotten is a setting that is not remembered. What the call leaves as it is stays so.
func forgotten[T any](m Maybe[T], why Reason) Maybe[T] {
	if untouched(m) {
		return m
	}
	return NotRead[T](why)
}
