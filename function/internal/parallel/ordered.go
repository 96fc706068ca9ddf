package parallel

import "sync"

// Ordered calls do with each number below n, at most workers at a time, and deliver with what it gave, one at a time and in the order of
// the numbers. It starts none that is ahead or more in front of the one that is delivered next, so that at most that many results wait: a
// slow one holds up few others. It returns when all are delivered.
func Ordered[T any](n, workers, ahead int, do func(i int) T, deliver func(i int, value T)) {
	type result struct {
		i     int
		value T
	}
	workers = max(1, min(n, workers))
	slots, results := make(chan struct{}, max(workers, ahead)), make(chan result)
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for i := range n {
			slots <- struct{}{}
			numbers <- i
		}
	}()
	var busy sync.WaitGroup
	for range workers {
		busy.Go(func() {
			for i := range numbers {
				results <- result{i, do(i)}
			}
		})
	}
	waiting := map[int]T{}
	for next := 0; next < n; {
		r := <-results
		waiting[r.i] = r.value
		for value, ok := waiting[next]; ok; value, ok = waiting[next] {
			delete(waiting, next)
			deliver(next, value)
			<-slots
			next++
		}
	}
	busy.Wait()
}
