package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// keyTest is a condition on a key, and whether it shall be met.
type keyTest struct {
	condition *condition
	met       bool
}

// keyProblem asks for a value of one key that passes all tests.
type keyProblem struct {
	key   string
	tests []keyTest
	// context holds the values of the variables.
	context *Context
	// possible also takes a value for which a test cannot be decided.
	possible bool
	budget   *language.Budget
	// present is set where the key must be there, whatever its value.
	present bool
	// partition is that of the ARNs that are tried by choice.
	partition string
	// base is what the only value must look like besides, where that is not nil.
	base keyBase
}

// passes tries a value.
func (p *keyProblem) passes(v ContextValue) bool {
	ctx := Context{Keys: map[string]ContextValue{p.key: v}, base: p.context.base, folded: true}
	if !p.budget.Spend(10 + len(p.base.not)/4) {
		return false
	}
	if !p.base.has(v) || p.present && v.Presence == KeyAbsent {
		return false
	}
	for _, t := range p.tests {
		if !p.budget.Spend(t.condition.work(&ctx)) || !t.passes(&ctx, p.possible) {
			return false
		}
	}
	return true
}

func (t keyTest) passes(ctx *Context, possible bool) bool {
	truth := t.condition.truth(ctx)
	return truth == trueIf(t.met) || possible && truth == Undecided
}

// solve gives a value, simple ones first. None is a proof that there is none.
func (p *keyProblem) solve() (ContextValue, language.Outcome) {
	if p.budget.Spent() {
		return ContextValue{}, language.Exceeded
	}
	if p.possible {
		if p.contradicts() {
			return ContextValue{}, language.None
		}
		p.leaveOutUndecidable()
	}
	info, known := actions.Key(p.key)
	if len(p.base.holds) > 0 {
		return p.holding(&info)
	}
	absent := ContextValue{Presence: KeyAbsent}
	if !(known && info.Always) && p.passes(absent) {
		return absent, language.Found
	}
	worst := language.None
	all := p.textTests(p.tests)
	if all != nil {
		text, outcome := p.text(all, &info)
		if outcome == language.Found {
			return present(text), language.Found
		}
		worst = max(worst, outcome)
	}
	if !p.present && p.passes(present("")) && isTextKey(&info, known) {
		return present(""), language.Found
	}
	// Which keys of services have several values is documented badly.
	if !known || info.Multi || !strings.HasPrefix(p.key, "aws:") {
		v, outcome := p.several(&info)
		if outcome == language.Found {
			return v, outcome
		}
		worst = max(worst, outcome)
	}
	if p.budget.Spent() {
		// What was tried last may have been given up.
		worst = language.Exceeded
	}
	return ContextValue{}, worst
}

// contradicts finds a condition that shall be met and one like it that shall not.
func (p *keyProblem) contradicts() bool {
	for i, a := range p.tests {
		for _, b := range p.tests[:i] {
			if !p.budget.Spend(1 + min(len(a.condition.operands), len(b.condition.operands))/8) {
				return false
			}
			if a.met != b.met && sameCondition(a.condition, b.condition) {
				return true
			}
		}
	}
	return false
}

func sameCondition(a, b *condition) bool {
	return a == b || a.operator == b.operator && a.key == b.key &&
		slices.EqualFunc(a.operands, b.operands, func(x, y operand) bool {
			return x.text == y.text && x.reading == y.reading && sameTemplate(x.variable, y.variable)
		})
}

func sameTemplate(a, b *template) bool {
	return a == b || a != nil && b != nil && slices.Equal(a.pieces, b.pieces)
}

// leaveOutUndecidable drops the tests that hang on more than the key's value: any value may pass them, but some need one.
func (p *keyProblem) leaveOutUndecidable() {
	p.tests = slices.DeleteFunc(slices.Clone(p.tests), func(t keyTest) bool {
		c := t.condition
		p.budget.Spend(1 + len(c.operands)/2)
		if !c.hangs(p.context) {
			return false
		}
		p.present = p.present || t.met != c.negated && !c.ifExists && c.set != setAll
		return true
	})
}

// textTest is a test of one value: whether it meets one of the condition's operands.
type textTest struct {
	condition *condition
	matches   bool
}

// textTests gives what the tests ask of a key that has exactly one value, which is not empty; nil where no such key
// passes.
func (p *keyProblem) textTests(tests []keyTest) []textTest {
	out := []textTest{}
	for _, t := range tests {
		c := t.condition
		switch {
		case c.family == familyNull:
			if (c.nullTruth(ContextValue{Presence: KeyPresent, Values: []string{"x"}}) == True) != t.met {
				return nil
			}
		default:
			out = append(out, textTest{c, t.met != c.negated})
		}
	}
	return out
}

// several looks for a key with several values, as ForAllValues and ForAnyValue take it: what all values must pass, and
// for each value that must be there one of its own.
func (p *keyProblem) several(info *actions.ConditionKey) (ContextValue, language.Outcome) {
	every, some := p.quantified()
	common := p.textTests(every)
	if common == nil || len(some) < 2 {
		return ContextValue{}, language.None
	}
	return p.joined(nil, common, some, info)
}

// quantified divides the tests into those that all values must pass and those that some value must.
func (p *keyProblem) quantified() (every []keyTest, some []textTest) {
	for _, t := range p.tests {
		c := t.condition
		if c.family != familyNull && (c.set == setAll && !t.met || c.set == setAny && t.met) {
			some = append(some, textTest{c, t.met != c.negated})
			continue
		}
		every = append(every, t)
	}
	return every, some
}

// holding looks for a key that has some values and, where the tests want them, others. What all values must pass the given ones must
// pass alone, too.
func (p *keyProblem) holding(info *actions.ConditionKey) (ContextValue, language.Outcome) {
	given := ContextValue{Presence: KeyPresent, Values: p.base.holds}
	if p.passes(given) {
		return given, language.Found
	}
	every, some := p.quantified()
	alone := *p
	alone.tests = every
	common := p.textTests(every)
	switch {
	case p.budget.Spent():
		return ContextValue{}, language.Exceeded
	case common == nil || !alone.passes(given):
		return ContextValue{}, language.None
	}
	return p.joined(p.base.holds, common, some, info)
}

// joined adds to some values, for each of the tests that some value must pass, one of its own that passes the common ones, too.
func (p *keyProblem) joined(values []string, common, some []textTest, info *actions.ConditionKey) (ContextValue, language.Outcome) {
	values = slices.Clone(values)
	other := *p
	other.base.holds = nil
	for _, t := range some {
		text, outcome := other.text(append(slices.Clone(common), t), info)
		if outcome == language.Exceeded {
			return ContextValue{}, outcome
		}
		// Where no text will do, an empty one may.
		values = appendNew(values, text)
	}
	v := ContextValue{Presence: KeyPresent, Values: values}
	switch {
	case p.passes(v):
		return v, language.Found
	case slices.Contains(values, ""):
		return ContextValue{}, language.None
	}
	return ContextValue{}, language.Exceeded
}

func isTextKey(info *actions.ConditionKey, known bool) bool {
	return !known || isTextType(info.Type)
}
