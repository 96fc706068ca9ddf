package policy

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

// compiled is what evaluation needs of a statement.
type compiled struct {
	principals []principalPattern
	actions    []actionPattern
	resources  []resourcePattern
	conditions []condition
	// weight is about how many steps it takes to match the statement.
	weight int
	// keys are those that decide whether the statement applies, and variables those of them that stand in ${...}.
	keys, variables []string
}

// compilation is what evaluation needs of a document. A parsed document works its own out when it is first asked for,
// once for all who ask.
type compilation struct {
	once       sync.Once
	source     []Statement
	statements []compiled
	index      *actionIndex
	// granted are the services whose actions its Allow statements may cover.
	granted services
	// denies is set where one of its statements denies something.
	denies bool
	// effective counts the statements that have an effect. numbers are those of each statement among them, and nil where all have
	// one.
	effective int
	numbers   []int
	// lookup is about how many steps it takes to find the statements that cover an action.
	lookup int
	// memo is what others worked out for the document.
	memo atomic.Pointer[memo]
}

// memo is one thing that was worked out, and what was before.
type memo struct {
	key, value any
	before     *memo
}

// Memo gives what compute worked out for the document the first time that it was asked for by a key, whose type is private to who
// asks. It lives as long as the document, has to be the same whoever asks, and is not changed. What belongs to a document that Parse
// did not make, or to a changed copy of one, is worked out each time.
func (d *Document) Memo(key any, compute func() any) any {
	c := d.own()
	if c == nil {
		return compute()
	}
	first := c.memo.Load()
	for m := first; m != nil; m = m.before {
		if m.key == key {
			return m.value
		}
	}
	value := compute()
	c.memo.CompareAndSwap(first, &memo{key, value, first}) // Where another was faster, it is worked out again next time.
	return value
}

// parsed is a document and its compilation, in one piece of memory.
type parsed struct {
	document    Document
	compilation compilation
}

// Denies reports whether a statement of the document denies something.
func (d *Document) Denies() bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool { return s.Effect == Deny })
}

// compiled gives the document's compilation. For a document that Parse did not make, or a changed copy of one, it is made
// anew each time: slower, but nothing that others may be reading is written to.
func (d *Document) compiled() *compilation {
	c := d.own()
	if c == nil {
		c = new(compilation)
		c.compile(d)
		return c
	}
	c.once.Do(func() { c.compile(d) })
	return c
}

// own is the compilation that belongs to this very document, as Parse made it; nil if there is none.
func (d *Document) own() *compilation {
	p := d.parsed
	if p == nil || &p.document != d || !isSame(d.Statements, p.compilation.source) {
		return nil
	}
	return &p.compilation
}

// isSame says whether two lists are one in memory.
func isSame(a, b []Statement) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

func (c *compilation) compile(d *Document) {
	c.statements = make([]compiled, len(d.Statements))
	for i := range d.Statements {
		c.statements[i] = compileStatement(d, &d.Statements[i])
	}
	c.index = indexActions(d.Statements, c.statements)
	c.granted = grantedServices(d.Statements, c.statements)
	c.denies = d.Denies()
	c.number(d.Statements)
	c.lookup = c.lookupWork()
}

// number counts the statements that have an effect.
func (c *compilation) number(statements []Statement) {
	without := func(s Statement) bool { return s.Effect == NoEffect }
	if !slices.ContainsFunc(statements, without) {
		c.effective = len(statements)
		return
	}
	c.numbers = make([]int, len(statements))
	for i := range statements {
		c.numbers[i] = c.effective
		if !without(statements[i]) {
			c.effective++
		}
	}
}

// ready gives the compiled form of one of the document's statements.
func (s *Statement) ready(d *Document) *compiled {
	if i := s.Index; d.own() != nil && 0 <= i && i < len(d.Statements) && s == &d.Statements[i] {
		return &d.compiled().statements[i]
	}
	c := compileStatement(d, s)
	return &c
}

func compileStatement(d *Document, s *Statement) compiled {
	c := compiled{
		principals: make([]principalPattern, 0, len(s.Principals)), actions: make([]actionPattern, 0, len(s.Actions)),
		resources: make([]resourcePattern, 0, len(s.Resources)), conditions: make([]condition, 0, len(s.Conditions)),
	}
	for _, p := range s.Principals {
		c.principals = append(c.principals, compilePrincipal(d.Kind, p))
	}
	for _, a := range s.Actions {
		c.actions = append(c.actions, compileAction(a.Text))
	}
	variables := d.hasVariables()
	for _, r := range s.Resources {
		p := compileResource(r.Text, d.Kind, variables)
		p.unsure = s.Effect == Deny && !s.NotResource && !d.byText && p.complete && hasTypeWildcard(strings.SplitN(r.Text, ":", 6), variables)
		c.resources = append(c.resources, p)
	}
	for i := range s.Conditions {
		c.conditions = append(c.conditions, compileCondition(&s.Conditions[i], variables))
	}
	c.weight = s.weight()
	c.noteKeys()
	return c
}

// weight is about how many steps it takes to match a statement.
func (s *Statement) weight() int {
	n := 20 + s.resourceWeight()
	for i := range s.Conditions {
		n += 15
		for j := range s.Conditions[i].Values {
			n += 2 + len(s.Conditions[i].Values[j].Text)/8
		}
	}
	return n
}

// resourceWeight is about how many steps it takes to match its resources.
func (s *Statement) resourceWeight() (n int) {
	for i := range s.Resources {
		n += 4 + len(s.Resources[i].Text)/4
	}
	return n
}

// noteKeys lists the keys of conditions and variables.
func (c *compiled) noteKeys() {
	addVariables := func(t *template) {
		if t == nil {
			return
		}
		for i := range t.pieces {
			if key := t.pieces[i].key; key != "" {
				c.keys = append(c.keys, key)
				c.variables = appendNew(c.variables, key)
			}
		}
	}
	for i := range c.resources {
		addVariables(c.resources[i].variable)
	}
	for i := range c.conditions {
		cond := &c.conditions[i]
		if cond.key != "" {
			c.keys = append(c.keys, cond.key)
		}
		for j := range cond.operands {
			addVariables(cond.operands[j].variable)
		}
	}
}

// hasVariables says whether ${...} is a variable in the document and not literal text (rule 3).
func (d *Document) hasVariables() bool { return d.Version == "2012-10-17" }

// attachedToCaller says whether the kind belongs to the one who asks, so that it has no Principal of its own.
func (k Kind) attachedToCaller() bool {
	return k == Identity || k == Boundary || k == Session || k == SCP
}

// actionPattern is one value of Action or NotAction, its halves lower-cased and its wildcards marked.
type actionPattern struct {
	everything, malformed bool
	service, name         string
	// literalService is set when the service holds no wildcard, which nearly all do not.
	literalService bool
}

func compileAction(text string) actionPattern {
	if isEverything(text) {
		return actionPattern{everything: true}
	}
	service, name, ok := strings.Cut(text, ":")
	if !ok || service == "" || name == "" || strings.Contains(name, ":") {
		return actionPattern{malformed: true}
	}
	p := actionPattern{service: markWildcards(ascii.Lower(service)), name: markWildcards(ascii.Lower(name))}
	p.literalService = !hasMarks(p.service)
	return p
}

func (p *actionPattern) matches(service, name string) bool {
	if p.everything || p.malformed {
		return p.everything
	}
	if p.literalService && len(p.service) != len(service) {
		return false
	}
	return matchFolded(p.service, service) && matchFolded(p.name, name)
}

// isEverything reports whether a pattern is nothing but asterisks.
func isEverything(text string) bool {
	return text != "" && strings.Trim(text, "*") == ""
}
