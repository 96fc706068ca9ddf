package policy

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// patternWork is what it takes to hold a text against a list of patterns.
type patternWork struct {
	// count is how many patterns there are, and length how long they are together.
	count, length int
	// heavy is the length of those for which the work may grow with their length times the text's.
	heavy int
	// crossing is the length of those that are matched anew where the text has more than the five colons of an ARN's head, and
	// short that of those with fewer segments, which always are.
	crossing, short int
}

func (w *patternWork) add(glob string) {
	w.count++
	w.length += len(glob)
	if strings.IndexByte(glob, markOne) >= 0 {
		w.heavy += len(glob)
	}
}

// of is the steps that it takes for a text.
func (w *patternWork) of(text string) int {
	n := 1 + 2*w.count + (w.length+w.count*len(text))/32 + w.heavy*len(text)/32
	if w.crossing > 0 && strings.Count(text, ":") > arnResource {
		n += w.crossing * len(text) / 5
	}
	return n + w.short*len(text)/5
}

// weigh works out what it takes to hold a value against the condition's operands.
func (c *condition) weigh() {
	w := &c.weight
	for i := range c.operands {
		o := &c.operands[i]
		w.add(o.text)
		w.length += o.variable.size()
	}
}

// work is the steps that it takes to answer the condition.
func (c *condition) work(ctx *Context) int {
	v, ok := ctx.Keys[c.key]
	n := 3
	if !ok {
		// A key that is not there as it is spelled is looked for among all.
		v, n = ctx.base[c.key], n+len(ctx.Keys)
	}
	if v.Presence != KeyPresent || c.family == familyNull {
		return n
	}
	n += len(c.operands) / 2
	for _, value := range v.Values {
		n += c.weight.of(value)
	}
	return n
}

// size is how long a template is.
func (t *template) size() int {
	if t == nil {
		return 0
	}
	// A value is put in the place of each variable.
	n := 0
	for i := range t.pieces {
		n += len(t.pieces[i].text) + 32
	}
	return n
}

// work is the steps that it takes to hold a text against the pattern.
func (p *resourcePattern) work(text string) int {
	var w patternWork
	w.addResource(p)
	return w.of(text)
}

func (w *patternWork) addResource(p *resourcePattern) {
	w.add(p.tail)
	size := p.variable.size()
	w.length += size
	switch {
	case p.crossing && p.complete && p.wholeHasTail:
		w.crossing += len(p.whole) + len(p.tail) + size
	case p.crossing:
		w.short += len(p.whole) + len(p.tail) + size
	}
}

// measure works out what it takes to hold requests against the statement.
func (cst *comparedStatement) measure() {
	for i := range cst.compiled.resources {
		cst.resourceWork.addResource(&cst.compiled.resources[i])
	}
	for i := range cst.compiled.conditions {
		cst.conditionWork += 2 + len(cst.compiled.conditions[i].operands)/2
	}
	for i := range cst.compiled.actions {
		// The names are found by an index, and the patterns one by one.
		if p := &cst.compiled.actions[i]; !p.everything && hasMarks(p.service) {
			cst.lookup += 6
		}
	}
	s := cst.statement
	if cst.document.own() == nil {
		// The document is worked out anew each time.
		cst.lookup += 40 * (len(s.Actions) + len(s.Resources) + len(s.Principals) + cst.conditionWork)
	}
	cst.lookup += 2 + len(s.Actions)/8
	cst.size = len(s.Actions) + len(s.Resources) + len(s.Principals) + cst.conditionWork
}

// judging is the steps that it takes to see whether the statement applies to a request.
func (cst *comparedStatement) judging(q *query) int {
	n := 1
	if cst.hasResources() {
		n += cst.resourceWork.of(q.req.Resource)
	}
	for i := range cst.compiled.conditions {
		n += cst.compiled.conditions[i].work(&q.req.Context)
	}
	return n
}

// spend takes steps out of a budget for the statement's patterns and conditions, and reports whether it had them.
func (cst *comparedStatement) spend(budget *language.Budget, steps int) bool {
	cst.spent += steps
	return budget.Spend(steps)
}

// charge notes for the statement what was spent since there were so many steps.
func (cst *comparedStatement) charge(budget *language.Budget, before int) {
	cst.spent += before - budget.Steps
}

// costliest is the statement whose patterns and conditions took the most work.
func (c *comparer) costliest() StatementRef {
	var most *comparedStatement
	for _, cst := range c.statements {
		if cst.policy != assumedName && (most == nil || cst.spent > most.spent) {
			most = cst
		}
	}
	if most == nil {
		return StatementRef{}
	}
	return most.ref()
}

// spendOnCheck takes the work of a witness's check out of the budget: Evaluate asks the statements that cover the action, and
// looks for these among all, up to twice under each set.
func (c *comparer) spendOnCheck(class *actionClass, req *Request) bool {
	q := newQuery(*req)
	work := 200 + 10*len(c.mentions.keys)
	for _, cst := range c.statements {
		work += cst.lookup
		if class.open || class.matched.has(cst.number) {
			cst.spend(c.budget, 3*(cst.judging(&q)+2*len(cst.compiled.principals)))
		}
	}
	return c.budget.Spend(work)
}

// spendOnForms takes the work of making a class's forms out of the budget, or of looking at them once they are made.
func (c *comparer) spendOnForms(class *actionClass, e effect) {
	c.budget.Spend(20)
	if _, made := class.takenForms[formsKey{e, ""}]; !made && !class.open {
		c.budget.Spend(200 + 25*len(class.shape))
	}
}
