package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// text looks for one value of a key, not empty, that passes all tests.
func (p *keyProblem) text(tests []textTest, info *actions.ConditionKey) (string, language.Outcome) {
	passes := func(value string) bool {
		if !p.budget.Spend(len(p.base.not)/4) || !p.base.has(present(value)) {
			return false
		}
		for _, t := range tests {
			truth := False
			for i := range t.condition.operands {
				truth = or(truth, t.condition.operands[i].matches(&t.condition.operator, subject{text: value}, p.context))
			}
			if truth == Undecided && p.possible {
				continue
			}
			if truth == Undecided || (truth == True) != t.matches {
				return false
			}
		}
		return true
	}
	work := len(tests)
	var operands patternWork
	for _, t := range tests {
		w := t.condition.weight
		operands.count, operands.length, operands.heavy = operands.count+w.count, operands.length+w.length, operands.heavy+w.heavy
		if !t.condition.family.isText() {
			// Numbers are calculated with, and so are dates and networks.
			p.budget.Spend(250*w.count + 10*w.length)
		}
	}
	if !p.budget.Spend(2*work + 15*operands.count + operands.length) {
		return "", language.Exceeded
	}
	points, complete := p.points(tests, info)
	for _, value := range points {
		if !p.budget.Spend(work + operands.of(value)) {
			return "", language.Exceeded
		}
		if value != "" && passes(value) {
			return value, language.Found
		}
	}
	if complete {
		return "", language.None
	}
	return p.search(tests, info, passes)
}

// search looks for a text among all, where the conditions compare texts.
func (p *keyProblem) search(tests []textTest, info *actions.ConditionKey, passes func(string) bool) (string, language.Outcome) {
	q := language.Query{}
	for _, t := range tests {
		w := t.condition.weight
		if !t.condition.family.isText() || !p.budget.Spend(w.count*5+w.length*4) {
			return "", language.Exceeded
		}
		var patterns []language.Pattern
		for i := range t.condition.operands {
			patterns = append(patterns, t.condition.operands[i].patterns(t.condition.family, p.context)...)
		}
		if t.matches {
			q.Must = append(q.Must, patterns)
		} else {
			q.Not = append(q.Not, patterns...)
		}
	}
	if p.base.must != nil {
		q.Must = append(q.Must, []language.Pattern{p.base.must})
	}
	for _, text := range p.base.not {
		if !p.budget.Spend(5 + 3*len(text)) {
			return "", language.Exceeded
		}
		q.Not = append(q.Not, language.Literal(text))
	}
	for _, base := range textBases(p.key, info) {
		bounded := q
		bounded.Must = append(slices.Clone(q.Must), []language.Pattern{base})
		text, outcome := language.Find(bounded, p.budget)
		if outcome == language.Found && !passes(text) {
			outcome = language.Exceeded
		}
		if outcome != language.None {
			return text, outcome
		}
	}
	return "", language.None
}

// patterns gives the values that an operand matches.
func (o *operand) patterns(f family, ctx *Context) []language.Pattern {
	if o.reading != True {
		return nil
	}
	text := o.text
	if o.variable != nil {
		var state resolution
		if text, state = o.variable.resolve(ctx); state != stateResolved {
			return nil
		}
	}
	switch f {
	case familyStringFold:
		return []language.Pattern{spelling{fold: true}.pattern(text)}
	case familyBool:
		if !strings.EqualFold(text, "true") && !strings.EqualFold(text, "false") {
			return nil
		}
		return []language.Pattern{spelling{fold: true}.pattern(text)}
	case familyARN:
		if text == runMark {
			return []language.Pattern{anyARN}
		}
		segments, ok := splitARN(text)
		if !ok {
			return nil
		}
		return []language.Pattern{spelling{}.arnPattern(&segments)}
	}
	return []language.Pattern{spelling{}.pattern(text)}
}

// textBases are the values that a key can have, the likeliest first; the last holds all.
func textBases(key string, info *actions.ConditionKey) []language.Pattern {
	some := language.Pattern{{Class: language.Any}, {Class: language.Any, Run: true}}
	switch {
	case info.Type == actions.ARN:
		return []language.Pattern{arnBase(aName, accountDigits()), arnBase(aName, language.Pattern{}), anyARN}
	case isAccountKey(key):
		return []language.Pattern{accountDigits(), some}
	}
	return []language.Pattern{some}
}

func isAccountKey(key string) bool {
	return key == "aws:principalaccount" || key == "aws:sourceaccount" || key == "aws:resourceaccount"
}

func isTextType(t actions.KeyType) bool {
	return t == actions.String || t == actions.AnyType
}
