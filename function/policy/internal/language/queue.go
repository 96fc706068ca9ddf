package language

// candidate is a node that waits, with a lower bound of the length of the texts that lead through it.
type candidate struct{ node, cost int }

// queue holds the candidates, the shortest first; of equals the one that came last.
type queue []candidate

func (q queue) before(i, j int) bool {
	return q[i].cost < q[j].cost || q[i].cost == q[j].cost && q[i].node > q[j].node
}

// push and pop keep a binary heap, as container/heap does, without an allocation for each candidate.
func (q *queue) push(c candidate) {
	*q = append(*q, c)
	list := *q
	for i := len(list) - 1; i > 0; {
		up := (i - 1) / 2
		if !list.before(i, up) {
			return
		}
		list[i], list[up] = list[up], list[i]
		i = up
	}
}

func (q *queue) pop() candidate {
	list := *q
	first, last := list[0], len(list)-1
	list[0] = list[last]
	list = list[:last]
	*q = list
	for i := 0; ; {
		least := 2*i + 1
		if least >= last {
			return first
		}
		if right := least + 1; right < last && list.before(right, least) {
			least = right
		}
		if !list.before(least, i) {
			return first
		}
		list[i], list[least] = list[least], list[i]
		i = least
	}
}
