package policy

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

func trueIf(b bool) Truth {
	if b {
		return True
	}
	return False
}

func undecidedIf(b bool) Truth {
	if b {
		return Undecided
	}
	return False
}

func and(a, b Truth) Truth {
	if a == False || b == False {
		return False
	}
	if a == Undecided || b == Undecided {
		return Undecided
	}
	return True
}

func or(a, b Truth) Truth {
	if a == True || b == True {
		return True
	}
	if a == Undecided || b == Undecided {
		return Undecided
	}
	return False
}

func not(a Truth) Truth {
	switch a {
	case True:
		return False
	case False:
		return True
	}
	return Undecided
}

// query is a request, taken apart once for all statements.
type query struct {
	req    Request
	caller caller
	// service is in lower case.
	service, action string
	arn             arn
	isARN           bool
	// bounded says whether the caller has a permissions boundary.
	bounded Truth
	// atEndpoint is set while an endpoint's policy is judged.
	atEndpoint bool
}

func newQuery(req Request) query {
	var q query
	q.take(&req)
	return q
}

// take takes a request apart.
func (q *query) take(req *Request) {
	q.req, q.caller = *req, parseCaller(req.Principal)
	if q.caller.kind == callerFederatedUser {
		q.caller.federatedBy = req.FederatedBy
	}
	q.takeAction()
	q.arn, q.isARN = splitARN(req.Resource)
}

// queryAbout is a request of which only the action and the resource are known.
func queryAbout(action, resource, resourceAccount string) query {
	q := query{req: Request{Action: action, Resource: resource, ResourceAccount: resourceAccount}}
	q.takeAction()
	q.arn, q.isARN = splitARN(resource)
	return q
}

// owner is the account of the resource, where its ARN or the request names one.
func (q *query) owner() string {
	if account := q.arn[arnAccount]; aws.IsAccountID(account) {
		return account
	}
	return q.req.ResourceAccount
}

// takeAction takes the request's action apart.
func (q *query) takeAction() {
	q.service, q.action, _ = strings.Cut(q.req.Action, ":")
	q.service = ascii.Lower(q.service)
}

// matchCovered answers whether a statement that covers the action applies, whatever its effect: as a reach, False
// throughout if any element does not match.
func (q *query) matchCovered(d *Document, s *Statement, c *compiled) reach {
	r := q.matchPrincipals(d, s, c)
	if r.any() == False {
		return reach{}
	}
	t := q.matchResource(d, s, c)
	for i := 0; i < len(c.conditions) && t != False; i++ {
		t = and(t, c.conditions[i].truth(&q.req.Context))
	}
	if t == True {
		return r
	}
	return r.and(t)
}

// matchAction answers for Action or NotAction. A list that is empty is a fault and matches nothing.
func (q *query) matchAction(s *Statement, c *compiled) Truth {
	if !s.HasAction || len(c.actions) == 0 {
		return False
	}
	for i := range c.actions {
		if c.actions[i].matches(q.service, q.action) {
			return trueIf(!s.NotAction)
		}
	}
	return trueIf(s.NotAction)
}

// matchResource answers for Resource or NotResource. Trust policies have neither; other resource policies may go
// without (Amazon ECR's do), and then mean the resource that they are attached to.
func (q *query) matchResource(d *Document, s *Statement, c *compiled) Truth {
	if d.Kind == Trust {
		return True
	}
	if !s.HasResource {
		return trueIf(d.Kind == Resource)
	}
	if len(c.resources) == 0 {
		return False
	}
	covered := False
	for i := range c.resources {
		if covered = or(covered, c.resources[i].matches(q)); covered == True {
			break
		}
	}
	if s.NotResource {
		return not(covered)
	}
	return covered
}
