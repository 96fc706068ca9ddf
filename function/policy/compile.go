package policy

import "strings"

// compiled is what evaluation needs of a statement, worked out once by Parse.
type compiled struct {
	done       bool
	principals []principalPattern
	actions    []actionPattern
	resources  []resourcePattern
	conditions []condition
}

// compile works out once what evaluation needs of every statement. Parse calls it last.
func (d *Document) compile() {
	for i := range d.Statements {
		s := &d.Statements[i]
		s.compiled = compileStatement(d, s)
	}
}

// ready gives the statement's compiled form. A Document that Parse did not make is compiled on the way, each time:
// slower, but never written to.
func (s *Statement) ready(d *Document) *compiled {
	if s.compiled.done {
		return &s.compiled
	}
	c := compileStatement(d, s)
	return &c
}

func compileStatement(d *Document, s *Statement) compiled {
	c := compiled{
		done: true, principals: make([]principalPattern, 0, len(s.Principals)), actions: make([]actionPattern, 0, len(s.Actions)),
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
		c.resources = append(c.resources, compileResource(r.Text, d.Kind, variables))
	}
	for i := range s.Conditions {
		c.conditions = append(c.conditions, compileCondition(&s.Conditions[i], variables))
	}
	return c
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
	p := actionPattern{service: markWildcards(lowerASCII(service)), name: markWildcards(lowerASCII(name))}
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

// lowerASCII lower-cases A to Z alone: no other letter occurs in the name of a service or action.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			lower := []byte(s)
			for ; i < len(lower); i++ {
				if 'A' <= lower[i] && lower[i] <= 'Z' {
					lower[i] += 'a' - 'A'
				}
			}
			return string(lower)
		}
	}
	return s
}
