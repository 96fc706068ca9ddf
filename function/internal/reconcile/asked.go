package reconcile

import (
	"cmp"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/recorded"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// configuring takes from the record of a call that configures something whether Lambda took it, and what it was about.
func (c *Change) configuring(record *events.Change) {
	what := record.Event.Configures
	if record.Failed() {
		c.Part = role.PartRefusal
		c.Refused = what != events.ConfiguresNothing && becauseOfRole(record.ErrorMessage)
		if c.Refused {
			c.Asked = keptOf(recorded.Asked(record))
		}
	} else {
		c.Success = what != events.ConfiguresNothing
	}
	if !c.Refused && !c.Success {
		return
	}
	switch what {
	case events.ConfiguresMapping:
		c.Configures, c.Of = string(what), namesOfMapping(record)
	case events.ConfiguresInvocation:
		c.Configures, c.Of = string(what), qualifiers(record.Function.Qualifier)
	}
}

// qualifiers are a qualifier and the other name that it has: a call without one is about $LATEST.
func qualifiers(q string) []string {
	switch q {
	case "":
		return []string{"", aws.LatestVersion}
	case aws.LatestVersion:
		return []string{aws.LatestVersion, ""}
	}
	return []string{q}
}

// keptOf is what a work item and a state hold of what a call asked for.
func keptOf(asked *role.Asked) *role.Asked {
	if asked == nil {
		return nil
	}
	kept := asked.Kept()
	return &kept
}

// becauseOfRole reports whether a message says that a call was refused because of the role, or of who may pass it.
func becauseOfRole(message string) bool {
	refused, ok := aws.ReadRefusal(message)
	if !ok {
		return false
	}
	switch refused.Meaning {
	case aws.NotTheRole, aws.CodeLacks: // The session that a control plane's message names is the caller's.
		return false
	}
	return true
}

// namesOfMapping are the event source and the ID of a mapping, as far as the record has them.
func namesOfMapping(record *events.Change) (names []string) {
	for _, m := range []*events.Mapping{record.Config.Beside.Mapping, mappingOf(record.Asked)} {
		if m == nil {
			continue
		}
		for _, name := range []string{m.SourceARN, m.ID} {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

func mappingOf(a *events.Asked) *events.Mapping {
	if a == nil {
		return nil
	}
	return a.Mapping
}

// Refusal is a refused call as the checks see it.
func (c Change) Refusal() check.Refusal {
	r := check.Refusal{
		Function: c.Function, EventID: c.EventID, Event: c.EventName, Time: c.Time,
		ErrorCode: c.ErrorCode, Error: c.ErrorMessage, Actor: cmp.Or(c.Actor.ARN, c.Actor.Name), Configures: c.Configures, Asked: c.Asked,
		Unnamed: c.Unnamed,
	}
	if len(c.Of) > 0 {
		r.Of = c.Of[0]
	}
	return r
}
