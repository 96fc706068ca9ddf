package catalogue_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// reordered are statements the other way round; nil where there are no two.
func reordered(statements []jsontext.Value) []jsontext.Value {
	if len(statements) < 2 {
		return nil
	}
	slices.Reverse(statements)
	return statements
}

// withAnother are statements after a new one, which allows next to nothing.
func withAnother(statements []jsontext.Value) []jsontext.Value {
	return append([]jsontext.Value{jsontext.Value(`{"Effect":"Allow","Action":"xray:PutTelemetryRecords","Resource":"*"}`)}, statements...)
}

// withValuesReordered are statements whose conditions list their values the other way round; nil where no condition has two.
func withValuesReordered(statements []jsontext.Value) []jsontext.Value {
	moved := false
	for i := range statements {
		var statement map[string]jsontext.Value
		var conditions map[string]map[string]jsontext.Value
		if json.Unmarshal(statements[i], &statement) != nil || json.Unmarshal(statement["Condition"], &conditions) != nil {
			continue
		}
		for _, block := range conditions {
			for key, text := range block {
				var values []jsontext.Value
				if json.Unmarshal(text, &values) != nil || len(values) < 2 {
					continue
				}
				slices.Reverse(values)
				block[key], _ = json.Marshal(values)
				moved = true
			}
		}
		statement["Condition"], _ = json.Marshal(conditions)
		statements[i], _ = json.Marshal(statement, json.Deterministic(true))
	}
	if !moved {
		return nil
	}
	return statements
}

// edited is a case whose inline policies, and trust policy and boundary where they are meant, have other statements; false where that is none.
func (c *caseFile) edited(edit func([]jsontext.Value) []jsontext.Value, all bool) (*caseFile, bool) {
	out, moved := *c, false
	out.sections = maps.Clone(c.sections)
	for name, text := range c.sections {
		if !strings.HasPrefix(name, "inline/") && !(all && (name == "trust.json" || name == "boundary.json")) {
			continue
		}
		var document map[string]jsontext.Value
		var statements []jsontext.Value
		if json.Unmarshal([]byte(text), &document) != nil || json.Unmarshal(document["Statement"], &statements) != nil {
			continue
		}
		other := edit(statements)
		if other == nil {
			continue
		}
		var err error
		if document["Statement"], err = json.Marshal(other); err != nil {
			continue
		}
		changed, err := json.Marshal(document, json.Deterministic(true))
		if err != nil {
			continue
		}
		out.sections[name], moved = string(changed), true
	}
	return &out, moved
}

// checksByID are the checks that are in force.
func checksByID() map[string]*check.Check {
	byID := map[string]*check.Check{}
	for _, c := range catalogue.Checks() {
		byID[c.ID] = c
	}
	return byID
}

// compared is what comparing what the checks say of a case with what is stored of it comes to.
func compared(t *testing.T, c *caseFile, prior []finding.Stored) finding.Compared {
	s := c.subject(t)
	s.Changes, s.Before = nil, check.Before{} // What an edit did is not what a policy says.
	return finding.Compare(finding.Look{
		Now: s.Now, Key: s.Role.Ref.Key(), ARN: s.Role.ARN(), Prior: prior, Result: check.Run(catalogue.Checks(), s), Settle: time.Minute, NewOrigin: finding.Existing,
		Checks: checksByID(), Blame: func(check.Diagnostic, bool) *finding.Cause { return nil },
	})
}

// byPlace are the checks that judge a statement by itself, or compare statements: those that name statements by their place.
var byPlace = []string{"RW306", "RW307", vacuousCondition, "RW506"}

// Policies whose statements stand in another order say the same: nothing is opened, changed or resolved.
func TestTheOrderOfStatementsIsNoNews(t *testing.T) {
	editIsNoNews(t, reordered, true, func(scenario) bool { return true }, func(s scenario, _ finding.Transition) bool {
		return s.name() != "RW118/bad-two-faults" // Of two statements with one Sid, the second is named: IAM lets nobody save them in another order.
	})
}

// Conditions whose values stand in another order say the same.
func TestTheOrderOfConditionValuesIsNoNews(t *testing.T) {
	editIsNoNews(t, withValuesReordered, true, func(scenario) bool { return true }, func(scenario, finding.Transition) bool { return true })
}

// A statement that is put before others opens what it is to blame for, and nothing that names another statement by its place is news.
func TestAStatementBeforeOthersIsNoNewsOfThem(t *testing.T) {
	editIsNoNews(t, withAnother, false, func(s scenario) bool { return slices.Contains(byPlace, s.id) }, func(_ scenario, told finding.Transition) bool {
		return told.Kind != finding.KindOpened && slices.Contains(byPlace, told.Finding.Check)
	})
}

// editIsNoNews edits the policies of the scenarios that are chosen, and fails on each transition that is news.
func editIsNoNews(t *testing.T, edit func([]jsontext.Value) []jsontext.Value, all bool, chosen func(scenario) bool, isNews func(scenario, finding.Transition) bool) {
	t.Helper()
	ran, findings := 0, 0
	for _, s := range scenarios(t) {
		if !chosen(s) {
			continue
		}
		other, moved := s.content.edited(edit, all)
		if !moved {
			continue
		}
		ran++
		t.Run(s.name(), func(t *testing.T) {
			before := compared(t, s.content, nil)
			findings += len(before.Findings)
			for _, told := range compared(t, other, before.Findings).Transitions {
				if isNews(s, told) {
					t.Errorf("%s %s: %s", told.Kind, told.Finding.ID, told.Finding.Title)
				}
			}
		})
	}
	if ran == 0 || findings == 0 {
		t.Fatalf("%d cases with %d findings", ran, findings)
	}
	t.Logf("%d cases with %d findings", ran, findings)
}
