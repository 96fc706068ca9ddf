package policy

import (
	"slices"
	"strings"
)

// inIAM says whether IAM itself checks documents of the kind when they are written.
func (k Kind) inIAM() bool { return k == Identity || k == Trust || k == Boundary || k == Session }

// checkVersion checks the Version element; a token of no kind stands for none. IAM and Organizations refuse the old
// version today, trust policies and other services still take it.
func (p *parser) checkVersion(t token) {
	below := []string{"Version"}
	p.doc.Version = t.text
	switch {
	case t.kind == '"' && t.text != "2012-10-17" && t.text != "2008-10-17":
		p.violateBelow(t.offset(), 3, below, "%s is not a version of the policy language; use \"2012-10-17\"", p.quote(t))
	case t.text != "2012-10-17" && (t.kind == 0 || t.kind == '"') && p.doc.Kind != Trust && p.doc.Kind != Resource:
		p.violateBelow(t.offset(), 3, below, "the policy must have version 2012-10-17")
	}
}

// checkStatement checks what shows only when the whole statement was read.
func (p *parser) checkStatement(s *Statement, hasEffect bool) {
	if !hasEffect {
		p.violateBelow(s.Span.Start, 1, []string{"Effect"}, "the statement has no Effect")
	}
	p.checkSid(s)
	p.checkPrincipalElement(s)
	p.checkActionElement(s)
	p.checkResourceElement(s)
	if p.doc.Kind == RCP {
		p.checkRCP(s)
	}
}

// checkSid checks that a Sid is unique and of letters and digits. IAM takes underscores too. Other services have rules of
// their own.
func (p *parser) checkSid(s *Statement) {
	if s.Sid == "" || !p.doc.Kind.inIAM() {
		return
	}
	below := []string{"Sid"}
	if !inSid.holds(s.Sid) {
		p.violateBelow(s.SidSpan.Start, 5, below, "a Sid can contain only letters and digits, not %s", quoted(s.Sid))
	}
	if p.isKnownSid(s.Sid) {
		p.violateBelow(s.SidSpan.Start, 5, below, "the Sid %s occurs more than once in the policy; a Sid must be unique", quoted(s.Sid))
		return
	}
	p.sids = append(p.sids, s.Sid)
}

// isKnownSid says whether the Sid is one of those read before, each of which is listed once.
func (p *parser) isKnownSid(sid string) bool {
	if len(p.sids) < few {
		return slices.Contains(p.sids, sid)
	}
	if p.many == nil {
		p.many = make(map[string]bool, 2*few)
	}
	for _, known := range p.sids[len(p.many):] {
		p.many[known] = true
	}
	return p.many[sid]
}

func (p *parser) checkPrincipalElement(s *Statement) {
	kind := p.doc.Kind
	switch {
	case kind.attachedToCaller() && s.HasPrincipal:
		p.violateBelow(s.PrincipalSpan.Start, 7, []string{nameOf("Principal", s.NotPrincipal)},
			"%s cannot contain Principal: it is attached to a principal", kind.noun())
	case !kind.attachedToCaller() && !s.HasPrincipal:
		p.violateBelow(s.Span.Start, 7, []string{"Principal"}, "the statement has no Principal, which %s requires", kind.noun())
	case kind == Trust && s.NotPrincipal:
		p.violateBelow(s.PrincipalSpan.Start, 8, []string{"NotPrincipal"}, "a trust policy cannot contain NotPrincipal")
	}
}

func (p *parser) checkActionElement(s *Statement) {
	switch {
	case !s.HasAction:
		p.violateBelow(s.Span.Start, 1, []string{"Action"}, "the statement must contain actions")
	case len(s.Actions) == 0 && p.isEmptyList(s.ActionSpan):
		p.violateBelow(s.ActionSpan.Start, 1, []string{nameOf("Action", s.NotAction)}, "the statement must contain actions: the list is empty")
	}
}

func (p *parser) checkResourceElement(s *Statement) {
	name := []string{nameOf("Resource", s.NotResource)}
	switch kind := p.doc.Kind; {
	case kind == Trust && s.HasResource:
		p.violateBelow(s.ResourceSpan.Start, 8, name, "a trust policy cannot contain %s: the role is its resource", name[0])
	case kind == Trust, kind == Resource && !s.HasResource:
		// Policies of repositories and other resources that are their own resource leave the element out.
	case !s.HasResource:
		p.violateBelow(s.Span.Start, 1, name, "the statement must contain resources")
	case len(s.Resources) == 0 && p.isEmptyList(s.ResourceSpan):
		p.violateBelow(s.ResourceSpan.Start, 1, name, "the statement must contain resources: the list is empty")
	}
}

// isEmptyList says whether a value is a list without anything but nulls in it; what else is in it was told already.
func (p *parser) isEmptyList(span Span) bool {
	return strings.Trim(strings.ReplaceAll(p.text[span.Start:span.End], "null", ""), "[], \t\r\n") == ""
}

// nameOf is how an element or its complement is called.
func nameOf(element string, complement bool) string {
	if complement {
		return "Not" + element
	}
	return element
}

// checkRCP checks what resource control policies may hold: see "RCP syntax" in the AWS Organizations User Guide. The one
// that AWS attaches itself, RCPFullAWSAccess, allows everything.
func (p *parser) checkRCP(s *Statement) {
	if s.HasPrincipal && (s.NotPrincipal || len(s.Principals) != 1 || s.Principals[0].Type != "*") {
		p.violateBelow(s.PrincipalSpan.Start, 54, []string{nameOf("Principal", s.NotPrincipal)}, "the Principal of a resource control policy must be \"*\"")
	}
	everything := !s.NotAction && len(s.Actions) == 1 && s.Actions[0].Text == "*"
	switch {
	case s.Effect == Allow && everything && !s.NotResource && len(s.Resources) == 1 && s.Resources[0].Text == "*" && len(s.Conditions) == 0:
	case s.Effect == Allow:
		p.violateBelow(s.Span.Start, 54, []string{"Effect"}, "the Effect of a resource control policy must be \"Deny\"")
	case s.NotAction:
		p.violateBelow(s.ActionSpan.Start, 54, []string{"NotAction"}, "a resource control policy cannot contain NotAction")
	case everything:
		p.violateBelow(s.ActionSpan.Start, 54, []string{"Action"}, "an action of a resource control policy must name its service, and cannot be \"*\"")
	}
}
