package message

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Blame is who brought a finding about, in lines of text that are not escaped yet.
type Blame struct {
	// Who names the actor and the way; What the record; Short both in a few words; Agent the program; Sure says how certain it is,
	// and of what. Without proof only Sure is set.
	Who, What, Short, Agent, Sure string
	// Further says of each other record without which it would not have come to the finding what was done, and by whom.
	Further []string
}

// BlameOf says who brought a finding about. It names nobody without a record.
func (m *Message) BlameOf(f finding.Finding) Blame {
	if f.Cause == nil {
		if f.Origin == finding.Existing {
			return Blame{Sure: "unknown: the finding existed before rolewatch first read the role"}
		}
		return Blame{Sure: "unknown: no CloudTrail record that rolewatch received explains the finding"}
	}
	return m.blame(*f.Cause)
}

// blame says who is behind a record, and what it did.
func (m *Message) blame(cause finding.Cause) Blame {
	c, ok := m.change(cause.EventID)
	if !ok {
		return Blame{Sure: notIncluded(cause.EventID)}
	}
	b := Blame{Who: Actor(c), What: Deed(c), Short: shortDeed(c), Agent: c.UserAgent, Sure: sure(cause, c, m.Account)}
	for _, id := range cause.Further {
		if c, ok := m.change(id); ok {
			b.Further = append(b.Further, Deed(c)+", by "+Actor(c))
		} else {
			b.Further = append(b.Further, notIncluded(id))
		}
	}
	for _, event := range cause.Unseen {
		b.Further = append(b.Further, event+" by an unknown principal: rolewatch received no record of the call")
	}
	return b
}

// FixOf says who ended a finding; zero where that is not known.
func (m *Message) FixOf(f finding.Finding) Blame {
	if f.ResolvedBy == nil {
		return Blame{}
	}
	b := m.blame(*f.ResolvedBy)
	if role.Part(f.ResolvedBy.Part) == role.PartRefusal && b.Who != "" {
		b.Sure = string(f.ResolvedBy.Certainty) + ": this call succeeded; it was rejected before"
	}
	return b
}

// onlyBlame is the ID of the record that all open findings of a message name as their cause; empty where there is not one.
func (m *Message) onlyBlame() string {
	id := ""
	open := slices.Concat(m.Opened, m.Changed)
	if m.Change != nil {
		for _, f := range m.Change.Folds {
			if f.Kind != finding.KindResolved {
				open = append(open, f.Lead)
			}
		}
	}
	for _, f := range open {
		switch {
		case f.Cause == nil || len(f.Cause.Further)+len(f.Cause.Unseen) > 0 || id != "" && f.Cause.EventID != id:
			return ""
		}
		id = f.Cause.EventID
	}
	return id
}

// change is the record of an ID.
func (m *Message) change(eventID string) (finding.Change, bool) {
	i := slices.IndexFunc(m.Changes, func(c finding.Change) bool { return c.EventID == eventID })
	if i < 0 {
		return finding.Change{}, false
	}
	return m.Changes[i], true
}

func notIncluded(eventID string) string {
	return "unknown: this message does not contain the record of CloudTrail event " + eventID
}

// sure says how certain a cause is, and of what.
func sure(cause finding.Cause, c finding.Change, account string) string {
	part := role.Part(cause.Part)
	if part == role.PartRefusal || c.ErrorCode != "" {
		return string(cause.Certainty) + ": this is the rejected call"
	}
	words, named := deeds[part.Kind()]
	switch {
	case cause.Elsewhere != "":
		return string(cause.Certainty) + ": this record is about " + arnWords(cause.Elsewhere, account) + ", on which the finding rests"
	case c.CreatesRole():
		words = [2]string{"created the role", "created the role"}
	case !named:
		words = deeds[role.NoPart]
	case part.Kind() == role.OfFunction:
		if of, ok := facets[c.Facet()]; ok {
			words = [2]string{"changed " + of, "is about " + of}
		}
	case part.Kind() == role.Managed:
		for _, did := range []string{"Attach", "Detach"} {
			if strings.HasPrefix(c.EventName, did) {
				words[0] = strings.ToLower(did) + "ed the managed policy"
			}
		}
		words[0], words[1] = words[0]+" "+part.String(), words[1]+" "+part.String()
	}
	if name, inline := part.InlineName(); inline && !c.CreatesRole() {
		words[0], words[1] = words[0]+" "+name, words[1]+" "+name
	}
	switch cause.Certainty {
	case finding.Certain:
		return "certain: this record " + words[0]
	case finding.Likely:
		if cause.Found != "" {
			return "likely: this record " + words[1] + "; rolewatch did not receive it, and found it in the CloudTrail event history"
		}
		if part.Kind() == role.OfFunction {
			return "likely: this record " + words[1] + "; rolewatch does not store what the function had before, so something else can explain the finding"
		}
		return "likely: this record " + words[1] + "; rolewatch had not read the role before, so it cannot compare"
	}
	return string(cause.Certainty)
}

// deeds are what a record did to each kind of part: where the part is known to have changed, and where it may have.
var deeds = map[role.PartKind][2]string{
	role.NoPart:     {"changed the policy or setting that causes the finding", "is about the policy or setting that causes the finding"},
	role.Trust:      {"changed the trust policy", "is about the trust policy"},
	role.Inline:     {"changed the inline policy", "is about the inline policy"},
	role.Managed:    {"changed the managed policy", "is about the managed policy"},
	role.Boundary:   {"changed the permissions boundary", "is about the permissions boundary"},
	role.Itself:     {"deleted the role", "is about the role itself"},
	role.Tags:       {"changed the tags of the role", "is about the tags of the role"},
	role.OfFunction: {"changed the function", "is about the function"},
}

// facets are what a record changed of a function.
var facets = map[events.Facet]string{
	events.FacetConfiguration: "the configuration of the function", events.FacetPolicy: "the resource policy of the function",
	events.FacetURL: "a URL of the function", events.FacetInvocation: "the asynchronous invocation of the function",
	events.FacetMapping: "an event source mapping of the function", events.FacetAlias: "which version an alias of the function points to",
	events.FacetRuntime: "when Lambda updates the runtime of the function",
}

// arnWords names what an ARN is of: "the role deploy", of another account than the message's with that account.
func arnWords(text, account string) string {
	arn, err := aws.ParseARN(text)
	if err != nil {
		return text
	}
	kind, _, _ := strings.Cut(strings.ReplaceAll(arn.Resource, ":", "/"), "/")
	switch kind {
	case "role", "user", "group", "function":
		words := "the " + kind + " " + arn.Resource[strings.LastIndexAny(arn.Resource, "/:")+1:]
		if account != "" && arn.Account != account {
			words += " of account " + arn.Account
		}
		return words
	}
	return "the policy " + text
}
