(module
  (memory (export "memory") 2 2)

  (func $init (export "i")
    (call $init_hidden_kernel)
    (call $init_logits_kernel)
  )

  (func $forward (export "f") (param $n i32)
    (call $hidden_forward (local.get $n))
    (call $logits_forward (local.get $n))
    (call $training_loss (local.get $n))
  )

  (func $backward (export "b") (param $n i32)
    (call $logits_kernel_gradient (local.get $n))
    (call $logits_bias_gradient (local.get $n))
    (call $hidden_backward)
    (call $hidden_backward_2 (local.get $n))
    (call $hidden_kernel_gradient (local.get $n))
    (call $hidden_bias_gradient (local.get $n))
  )

  (func $update (export "u")
    (call $update_parameters)
  )

  (func $predict (export "p") (param $n i32)
    (call $hidden_forward (local.get $n))
    (call $logits_forward (local.get $n))
    (call $predict_probabilities (local.get $n))
  )

  (func $evaluate (export "e") (param $n i32)
    (call $hidden_forward (local.get $n))
    (call $logits_forward (local.get $n))
    (call $evaluate_accuracy (local.get $n))
  )

  (func $trainStep (export "t") (param $n i32)
    (call $forward (local.get $n))
    (memory.fill (i32.const 57712) (i32.const 0) (i32.const 9640))
    (call $backward (local.get $n))
    (call $update)
  )

  ;; evaluate_accuracy = accuracy_correct / loss_rows  (digits.model.ts:15)
  (func $evaluate_accuracy (param $n i32)
    (local $i_2 i32) (local $i_0_end i32) (local $argMax i32) (local $i_0 i32) (local $c0 i32)
      (local $i_1 i32) (local $k_0 i32) (local $k i32) (local $tiny i32) (local $88.9 v128)
      (local $-87.2 v128) (local $1.442695 v128) (local $12582912.0 v128) (local $0.6933594 v128)
      (local $0.00021219444 v128) (local $0.0013821 v128) (local $0.008368673 v128)
      (local $0.041668262 v128) (local $0.16666521 v128) (local $0.49999994 v128) (local $1.0 v128)
      (local $12583039.0 v128) (local $sum_wideLanes0 v128) (local $x v128) (local $t v128)
      (local $k1 v128) (local $r v128) (local $p v128) (local $nearExpm1F32 v128) (local $y1 v128)
      (local $expF32 v128) (local $x1 v128) (local $t0 v128) (local $k2 v128) (local $r1 v128)
      (local $p2 v128) (local $nearExpm1F32_1 v128) (local $y2 v128) (local $expF32_1 v128)
      (local $t.2 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
      (local $max f32) (local $argMax_best f32) (local $x0 f32) (local $sum_2 f32) (local $x2 f32)
      (local $t1 f32) (local $k3 f32) (local $r2 f32) (local $p3 f32) (local $nearExpm1F32_2 f32)
      (local $y3 f32) (local $expF32_2 f32) (local $x3 f32) (local $t2 f32) (local $k4 f32)
      (local $r3 f32) (local $p4 f32) (local $nearExpm1F32_3 f32) (local $y4 f32)
      (local $expF32_3 f32) (local $x4 f32) (local $y5 f32) (local $e f32) (local $f f32)
      (local $k5 f32) (local $s f32) (local $z f32) (local $half f32) (local $p5 f32)
      (local $value f32) (local $logF32 f32) (local $add_2 f64) (local $sum_2_wide f64)
      (local $sum_wide f64) (local $sum_3_wide f64) (local $sum_4 f64) (local $add f64)
      (local $add_3 f64) (local f64 f64)
    (local.set $add_2
      (f64.add (f64.load offset=67384 (i32.const 0)) (f64.convert_i32_s (local.get $n)))
    )
    (f64.store offset=67384 (i32.const 0) (local.get $add_2))
    (local.set $i_2 (i32.const 53872))
    (local.set $i_0_end (i32.shl (local.get $n) (i32.const 2)))
    (loop $i
      (local.set $max (f32.const -inf))
      (local.set $sum_2_wide (f64.const 0))
      (local.set $argMax_best (f32.const -inf))
      (local.set $argMax (i32.const 0))
      (local.set $c0 (i32.load offset=45408 (local.get $i_0)))
      (local.set $k_0 (i32.add (local.get $i_1) (i32.const 53872)))
      (local.set $k (i32.const 0))
      (loop $k
        (local.set $x0 (f32.load (local.get $k_0)))
        (local.set $max (f32.max (local.get $max) (local.get $x0)))
        (local.set $sum_2_wide
          (f64.add
            (local.get $sum_2_wide)
            (f64.promote_f32
              (select (local.get $x0) (f32.const 0) (i32.eq (local.get $k) (local.get $c0)))
            )
          )
        )
        (if
          (f32.lt (local.get $argMax_best) (local.get $x0))
          (then
            (local.set $argMax_best (local.get $x0))
            (local.set $argMax (local.get $k))
          )
        )
        (local.set $k_0 (i32.add (local.get $k_0) (i32.const 4)))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br_if $k (i32.lt_s (local.get $k) (i32.const 10)))
      )
      (local.set $88.9 (f32x4.splat (f32.const 88.9)))
      (local.set $-87.2 (f32x4.splat (f32.const -87.2)))
      (local.set $1.442695 (f32x4.splat (f32.const 1.442695)))
      (local.set $12582912.0 (f32x4.splat (f32.const 12582912)))
      (local.set $0.6933594 (f32x4.splat (f32.const 0.6933594)))
      (local.set $0.00021219444 (f32x4.splat (f32.const 0.00021219444)))
      (local.set $0.0013821 (f32x4.splat (f32.const 0.0013821)))
      (local.set $0.008368673 (f32x4.splat (f32.const 0.008368673)))
      (local.set $0.041668262 (f32x4.splat (f32.const 0.041668262)))
      (local.set $0.16666521 (f32x4.splat (f32.const 0.16666521)))
      (local.set $0.49999994 (f32x4.splat (f32.const 0.49999994)))
      (local.set $1.0 (f32x4.splat (f32.const 1)))
      (local.set $12583039.0 (f32x4.splat (f32.const 12583039)))
      (local.set $sum_wide (f64.const 0))
      (local.set $sum_wideLanes0 (v128.const f32x4 0 0 0 0))
      (local.set $sum_2 (f32.demote_f64 (local.get $sum_2_wide)))
      (local.set $x (f32x4.sub (v128.load align=4 (local.get $i_2)) (f32x4.splat (local.get $max))))
      (local.set $t (f32x4.pmax (f32x4.pmin (local.get $x) (local.get $88.9)) (local.get $-87.2)))
      (local.set $k1
        (f32x4.sub
          (f32x4.relaxed_madd (local.get $t) (local.get $1.442695) (local.get $12582912.0))
          (local.get $12582912.0)
        )
      )
      (local.set $r
        (f32x4.relaxed_madd
          (local.get $k1)
          (local.get $0.00021219444)
          (f32x4.relaxed_nmadd (local.get $k1) (local.get $0.6933594) (local.get $t))
        )
      )
      (local.set $p
        (f32x4.relaxed_madd
          (f32x4.relaxed_madd (local.get $0.0013821) (local.get $r) (local.get $0.008368673))
          (local.get $r)
          (local.get $0.041668262)
        )
      )
      (local.set $nearExpm1F32
        (f32x4.relaxed_madd
          (f32x4.mul (local.get $r) (local.get $r))
          (f32x4.relaxed_madd
            (f32x4.relaxed_madd (local.get $p) (local.get $r) (local.get $0.16666521))
            (local.get $r)
            (local.get $0.49999994)
          )
          (local.get $r)
        )
      )
      (local.set $y1 (f32x4.add (local.get $1.0) (local.get $nearExpm1F32)))
      (local.set $expF32
        (f32x4.mul
          (f32x4.add (local.get $y1) (local.get $y1))
          (i32x4.shl
            (f32x4.add (f32x4.sub (local.get $k1) (local.get $1.0)) (local.get $12583039.0))
            (i32.const 23)
          )
        )
      )
      (local.set $sum_wideLanes0 (f32x4.add (local.get $sum_wideLanes0) (local.get $expF32)))
      (local.set $x1
        (f32x4.sub (v128.load offset=16 align=4 (local.get $i_2)) (f32x4.splat (local.get $max)))
      )
      (local.set $t0 (f32x4.pmax (f32x4.pmin (local.get $x1) (local.get $88.9)) (local.get $-87.2)))
      (local.set $k2
        (f32x4.sub
          (f32x4.relaxed_madd (local.get $t0) (local.get $1.442695) (local.get $12582912.0))
          (local.get $12582912.0)
        )
      )
      (local.set $r1
        (f32x4.relaxed_madd
          (local.get $k2)
          (local.get $0.00021219444)
          (f32x4.relaxed_nmadd (local.get $k2) (local.get $0.6933594) (local.get $t0))
        )
      )
      (local.set $p2
        (f32x4.relaxed_madd
          (f32x4.relaxed_madd (local.get $0.0013821) (local.get $r1) (local.get $0.008368673))
          (local.get $r1)
          (local.get $0.041668262)
        )
      )
      (local.set $nearExpm1F32_1
        (f32x4.relaxed_madd
          (f32x4.mul (local.get $r1) (local.get $r1))
          (f32x4.relaxed_madd
            (f32x4.relaxed_madd (local.get $p2) (local.get $r1) (local.get $0.16666521))
            (local.get $r1)
            (local.get $0.49999994)
          )
          (local.get $r1)
        )
      )
      (local.set $y2 (f32x4.add (local.get $1.0) (local.get $nearExpm1F32_1)))
      (local.set $expF32_1
        (f32x4.mul
          (f32x4.add (local.get $y2) (local.get $y2))
          (i32x4.shl
            (f32x4.add (f32x4.sub (local.get $k2) (local.get $1.0)) (local.get $12583039.0))
            (i32.const 23)
          )
        )
      )
      (local.set $sum_wideLanes0 (f32x4.add (local.get $sum_wideLanes0) (local.get $expF32_1)))
      (local.set $sum_wide
        (f64.add
          (local.get $sum_wide)
          (f64.promote_f32
            (f32x4.extract_lane 0
              (f32x4.add
                (local.tee $t.2
                  (f32x4.add
                    (local.get $sum_wideLanes0)
                    (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
                      (local.get $sum_wideLanes0)
                      (local.get $sum_wideLanes0)
                    )
                  )
                )
                (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11
                  (local.get $t.2)
                  (local.get $t.2)
                )
              )
            )
          )
        )
      )
      (local.set $x2 (f32.sub (f32.load offset=32 (local.get $i_2)) (local.get $max)))
      (local.set $t1 (f32.max (f32.min (local.get $x2) (f32.const 88.9)) (f32.const -87.2)))
      (local.set $k3
        (f32.sub
          (f32.add (f32.mul (local.get $t1) (f32.const 1.442695)) (f32.const 12582912))
          (f32.const 12582912)
        )
      )
      (local.set $r2
        (f32.add
          (f32.sub (local.get $t1) (f32.mul (local.get $k3) (f32.const 0.6933594)))
          (f32.mul (local.get $k3) (f32.const 0.00021219444))
        )
      )
      (local.set $p3
        (f32.add
          (f32.mul
            (f32.add (f32.mul (f32.const 0.0013821) (local.get $r2)) (f32.const 0.008368673))
            (local.get $r2)
          )
          (f32.const 0.041668262)
        )
      )
      (local.set $nearExpm1F32_2
        (f32.add
          (local.get $r2)
          (f32.mul
            (f32.mul (local.get $r2) (local.get $r2))
            (f32.add
              (f32.mul
                (f32.add (f32.mul (local.get $p3) (local.get $r2)) (f32.const 0.16666521))
                (local.get $r2)
              )
              (f32.const 0.49999994)
            )
          )
        )
      )
      (local.set $y3 (f32.add (f32.const 1) (local.get $nearExpm1F32_2)))
      (local.set $expF32_2
        (f32.mul
          (f32.add (local.get $y3) (local.get $y3))
          (f32.reinterpret_i32
            (i32.shl
              (i32.reinterpret_f32
                (f32.add (f32.sub (local.get $k3) (f32.const 1)) (f32.const 12583039))
              )
              (i32.const 23)
            )
          )
        )
      )
      (local.set $sum_wide (f64.add (local.get $sum_wide) (f64.promote_f32 (local.get $expF32_2))))
      (local.set $x3 (f32.sub (f32.load offset=36 (local.get $i_2)) (local.get $max)))
      (local.set $t2 (f32.max (f32.min (local.get $x3) (f32.const 88.9)) (f32.const -87.2)))
      (local.set $k4
        (f32.sub
          (f32.add (f32.mul (local.get $t2) (f32.const 1.442695)) (f32.const 12582912))
          (f32.const 12582912)
        )
      )
      (local.set $r3
        (f32.add
          (f32.sub (local.get $t2) (f32.mul (local.get $k4) (f32.const 0.6933594)))
          (f32.mul (local.get $k4) (f32.const 0.00021219444))
        )
      )
      (local.set $p4
        (f32.add
          (f32.mul
            (f32.add (f32.mul (f32.const 0.0013821) (local.get $r3)) (f32.const 0.008368673))
            (local.get $r3)
          )
          (f32.const 0.041668262)
        )
      )
      (local.set $nearExpm1F32_3
        (f32.add
          (local.get $r3)
          (f32.mul
            (f32.mul (local.get $r3) (local.get $r3))
            (f32.add
              (f32.mul
                (f32.add (f32.mul (local.get $p4) (local.get $r3)) (f32.const 0.16666521))
                (local.get $r3)
              )
              (f32.const 0.49999994)
            )
          )
        )
      )
      (local.set $y4 (f32.add (f32.const 1) (local.get $nearExpm1F32_3)))
      (local.set $expF32_3
        (f32.mul
          (f32.add (local.get $y4) (local.get $y4))
          (f32.reinterpret_i32
            (i32.shl
              (i32.reinterpret_f32
                (f32.add (f32.sub (local.get $k4) (f32.const 1)) (f32.const 12583039))
              )
              (i32.const 23)
            )
          )
        )
      )
      (local.set $sum_wide (f64.add (local.get $sum_wide) (f64.promote_f32 (local.get $expF32_3))))
      (local.set $x4 (f32.demote_f64 (local.get $sum_wide)))
      (local.set $tiny (f32.lt (local.get $x4) (f32.const 7.888609e-31)))
      (local.set $y5
        (select (f32.mul (local.get $x4) (f32.const 33554432)) (local.get $x4) (local.get $tiny))
      )
      (local.set $e
        (f32.convert_i32_s
          (i32.sub
            (i32.and
              (i32.shr_u
                (i32.reinterpret_f32 (f32.mul (local.get $y5) (f32.const 0.70710677)))
                (i32.const 23)
              )
              (i32.const 255)
            )
            (i32.const 127)
          )
        )
      )
      (local.set $f
        (f32.sub
          (f32.mul
            (f32.mul (local.get $y5) (f32.const 0.25))
            (f32.reinterpret_i32
              (i32.shl
                (i32.reinterpret_f32
                  (f32.add (f32.sub (f32.const 1) (local.get $e)) (f32.const 12583039))
                )
                (i32.const 23)
              )
            )
          )
          (f32.const 1)
        )
      )
      (local.set $k5
        (f32.add (local.get $e) (select (f32.const -24) (f32.const 1) (local.get $tiny)))
      )
      (local.set $s (f32.div (local.get $f) (f32.add (f32.const 2) (local.get $f))))
      (local.set $z (f32.mul (local.get $s) (local.get $s)))
      (local.set $half (f32.mul (f32.mul (f32.const 0.5) (local.get $f)) (local.get $f)))
      (local.set $p5
        (f32.mul
          (local.get $z)
          (f32.add
            (f32.mul
              (f32.add (f32.mul (f32.const 0.29870808) (local.get $z)) (f32.const 0.39977583))
              (local.get $z)
            )
            (f32.const 0.66666776)
          )
        )
      )
      (local.set $value
        (f32.sub
          (f32.mul (local.get $k5) (f32.const 0.6933594))
          (f32.sub
            (f32.sub
              (local.get $half)
              (f32.sub
                (f32.mul (local.get $s) (f32.add (local.get $half) (local.get $p5)))
                (f32.mul (local.get $k5) (f32.const 0.00021219444))
              )
            )
            (local.get $f)
          )
        )
      )
      (local.set $logF32
        (select
          (select (local.get $value) (local.get $x4) (f32.lt (local.get $x4) (f32.const inf)))
          (select (f32.const -inf) (f32.const nan) (f32.eq (local.get $x4) (f32.const 0)))
          (f32.lt (f32.const 0) (local.get $x4))
        )
      )
      (local.set $sum_3_wide
        (f64.add
          (local.get $sum_3_wide)
          (f64.promote_f32
            (f32.sub (f32.add (local.get $max) (local.get $logF32)) (local.get $sum_2))
          )
        )
      )
      (local.set $sum_4
        (f64.add
          (local.get $sum_4)
          (f64.convert_i32_u (i32.eq (local.get $argMax) (local.get $c0)))
        )
      )
      (local.set $i_0 (i32.add (local.get $i_0) (i32.const 4)))
      (local.set $i_1 (i32.add (local.get $i_1) (i32.const 40)))
      (local.set $i_2 (i32.add (local.get $i_2) (i32.const 40)))
      (br_if $i (i32.lt_s (local.get $i_0) (local.get $i_0_end)))
    )
    (local.set $add
      (f64.add
        (f64.load offset=67376 (i32.const 0))
        (f64.mul
          (f64.promote_f32
            (f32.div (f32.demote_f64 (local.get $sum_3_wide)) (f32.convert_i32_s (local.get $n)))
          )
          (f64.convert_i32_s (local.get $n))
        )
      )
    )
    (f64.store offset=67376 (i32.const 0) (local.get $add))
    (f64.store offset=45696 (i32.const 0) (f64.div (local.get $add) (local.get $add_2)))
    (local.set $add_3 (f64.add (f64.load offset=67392 (i32.const 0)) (local.get $sum_4)))
    (f64.store offset=67392 (i32.const 0) (local.get $add_3))
    (f64.store offset=45680 (i32.const 0) (f64.div (local.get $add_3) (local.get $add_2)))
  )

  ;; probabilities = exp(logits_add − max(logits_add)) · (1 / sum(exp(logits_add − max(logits_add))))  (digits.model.ts:13)
  (func $predict_probabilities (param $n i32)
    (local i32) (local $i_0_end i32) (local $k_0_end i32) (local $i_0 i32) (local $k_1 i32)
      (local i32) (local $k_0 i32) (local i32 i32) (local $88.9 v128) (local $-87.2 v128)
      (local $1.442695 v128) (local $12582912.0 v128) (local $0.6933594 v128)
      (local $0.00021219444 v128) (local $0.0013821 v128) (local $0.008368673 v128)
      (local $0.041668262 v128) (local $0.16666521 v128) (local $0.49999994 v128) (local $1.0 v128)
      (local $12583039.0 v128) (local $-inf v128) (local $x v128) (local $t v128) (local $k1 v128)
      (local $r v128) (local $p v128) (local $nearExpm1F32 v128) (local $y v128)
      (local $expF32 v128) (local $max v128) (local v128 v128) (local $sum_wide v128)
      (local $c0 v128) (local $v0 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64)
    (local.set $-inf (f32x4.splat (f32.const -inf)))
    (local.set $88.9 (f32x4.splat (f32.const 88.9)))
    (local.set $-87.2 (f32x4.splat (f32.const -87.2)))
    (local.set $1.442695 (f32x4.splat (f32.const 1.442695)))
    (local.set $12582912.0 (f32x4.splat (f32.const 12582912)))
    (local.set $0.6933594 (f32x4.splat (f32.const 0.6933594)))
    (local.set $0.00021219444 (f32x4.splat (f32.const 0.00021219444)))
    (local.set $0.0013821 (f32x4.splat (f32.const 0.0013821)))
    (local.set $0.008368673 (f32x4.splat (f32.const 0.008368673)))
    (local.set $0.041668262 (f32x4.splat (f32.const 0.041668262)))
    (local.set $0.16666521 (f32x4.splat (f32.const 0.16666521)))
    (local.set $0.49999994 (f32x4.splat (f32.const 0.49999994)))
    (local.set $1.0 (f32x4.splat (f32.const 1)))
    (local.set $12583039.0 (f32x4.splat (f32.const 12583039)))
    (local.set $i_0_end (i32.mul (local.get $n) (i32.const 40)))
    (loop $i
      (local.set $max (local.get $-inf))
      (local.set $k_0 (i32.add (local.get $i_0) (i32.const 53872)))
      (local.set $k_0_end (i32.add (local.get $k_0) (i32.const 40)))
      (loop $k
        (local.set $max
          (v128.or
            (f32x4.pmax
              (local.get $max)
              (local.tee $t
                (v128.load32_lane offset=120 3
                  (local.get $k_0)
                  (v128.load32_lane offset=80 2
                    (local.get $k_0)
                    (v128.load32_lane offset=40 1
                      (local.get $k_0)
                      (v128.load32_splat (local.get $k_0))
                    )
                  )
                )
              )
            )
            (f32x4.ne (local.get $t) (local.get $t))
          )
        )
        (local.set $k_0 (i32.add (local.get $k_0) (i32.const 4)))
        (br_if $k (i32.lt_s (local.get $k_0) (local.get $k_0_end)))
      )
      (local.set $sum_wide (v128.const f32x4 0 0 0 0))
      (local.set $k_0 (i32.add (local.get $i_0) (i32.const 53872)))
      (local.set $k_1 (i32.const 0))
      (loop $k
        (local.set $x
          (f32x4.sub
            (v128.load32_lane offset=120 3
              (local.get $k_0)
              (v128.load32_lane offset=80 2
                (local.get $k_0)
                (v128.load32_lane offset=40 1 (local.get $k_0) (v128.load32_splat (local.get $k_0)))
              )
            )
            (local.get $max)
          )
        )
        (local.set $t (f32x4.pmax (f32x4.pmin (local.get $x) (local.get $88.9)) (local.get $-87.2)))
        (local.set $k1
          (f32x4.sub
            (f32x4.relaxed_madd (local.get $t) (local.get $1.442695) (local.get $12582912.0))
            (local.get $12582912.0)
          )
        )
        (local.set $r
          (f32x4.relaxed_madd
            (local.get $k1)
            (local.get $0.00021219444)
            (f32x4.relaxed_nmadd (local.get $k1) (local.get $0.6933594) (local.get $t))
          )
        )
        (local.set $p
          (f32x4.relaxed_madd
            (f32x4.relaxed_madd (local.get $0.0013821) (local.get $r) (local.get $0.008368673))
            (local.get $r)
            (local.get $0.041668262)
          )
        )
        (local.set $nearExpm1F32
          (f32x4.relaxed_madd
            (f32x4.mul (local.get $r) (local.get $r))
            (f32x4.relaxed_madd
              (f32x4.relaxed_madd (local.get $p) (local.get $r) (local.get $0.16666521))
              (local.get $r)
              (local.get $0.49999994)
            )
            (local.get $r)
          )
        )
        (local.set $y (f32x4.add (local.get $1.0) (local.get $nearExpm1F32)))
        (local.set $expF32
          (f32x4.mul
            (f32x4.add (local.get $y) (local.get $y))
            (i32x4.shl
              (f32x4.add (f32x4.sub (local.get $k1) (local.get $1.0)) (local.get $12583039.0))
              (i32.const 23)
            )
          )
        )
        (v128.store offset=45680 align=4 (local.get $k_1) (local.get $expF32))
        (local.set $sum_wide (f32x4.add (local.get $sum_wide) (local.get $expF32)))
        (local.set $k_0 (i32.add (local.get $k_0) (i32.const 4)))
        (local.set $k_1 (i32.add (local.get $k_1) (i32.const 16)))
        (br_if $k (i32.lt_s (local.get $k_1) (i32.const 160)))
      )
      (local.set $c0 (f32x4.div (local.get $1.0) (local.get $sum_wide)))
      (local.set $k_0 (i32.const 0))
      (local.set $k_1 (i32.add (local.get $i_0) (i32.const 53872)))
      (loop $k
        (local.set $v0
          (f32x4.mul (v128.load offset=45680 align=4 (local.get $k_0)) (local.get $c0))
        )
        (f32.store (local.get $k_1) (f32x4.extract_lane 0 (local.get $v0)))
        (f32.store offset=40 (local.get $k_1) (f32x4.extract_lane 1 (local.get $v0)))
        (f32.store offset=80 (local.get $k_1) (f32x4.extract_lane 2 (local.get $v0)))
        (f32.store offset=120 (local.get $k_1) (f32x4.extract_lane 3 (local.get $v0)))
        (local.set $k_0 (i32.add (local.get $k_0) (i32.const 16)))
        (local.set $k_1 (i32.add (local.get $k_1) (i32.const 4)))
        (br_if $k (i32.lt_s (local.get $k_0) (i32.const 160)))
      )
      (local.set $i_0 (i32.add (local.get $i_0) (i32.const 160)))
      (br_if $i (i32.lt_s (local.get $i_0) (local.get $i_0_end)))
    )
  )

  ;; loss = sum(max(logits_add) + log(sum(…)) − sum(where(k = y, logits_add, 0))) / n  (digits.model.ts:14)
  ;; d_logits = 1 / n · (exp(logits_add − max(logits_add)) · (1 / sum(exp(…))) − oneHot(y))  (digits.model.ts:14)
  (func $training_loss (param $n i32)
    (local $i_2 i32) (local $i i32) (local $k_2 i32) (local $i_0 i32) (local $k_1 i32) (local i32)
      (local $k_0 i32) (local $k i32) (local i32) (local $88.9 v128) (local $-87.2 v128)
      (local $1.442695 v128) (local $12582912.0 v128) (local $0.6933594 v128)
      (local $0.00021219444 v128) (local $0.0013821 v128) (local $0.008368673 v128)
      (local $0.041668262 v128) (local $0.16666521 v128) (local $0.49999994 v128) (local $1.0 v128)
      (local $12583039.0 v128) (local $-inf v128) (local $x v128) (local $t v128) (local $k1 v128)
      (local $r v128) (local $p v128) (local $nearExpm1F32 v128) (local $y1 v128)
      (local $expF32 v128) (local $max v128) (local $t0 v128) (local $k2 v128)
      (local $sum_wide v128) (local $c0 v128) (local $v0 v128) (local $y2 v128)
      (local $lanes_1 v128) (local $t.2 v128) (local $7.888609e-31 v128) (local $33554432.0 v128)
      (local $0.70710677 v128) (local $255 v128) (local $127 v128) (local $0.25 v128)
      (local $-24.0 v128) (local $2.0 v128) (local $0.5 v128) (local $0.29870808 v128)
      (local $0.39977583 v128) (local $0.66666776 v128) (local $inf v128) (local $nan v128)
      (local $c1 v128) (local $sum_2_wide v128) (local $c2 v128) (local $inside0 v128)
      (local $tiny v128) (local $e v128) (local $f v128) (local $s v128) (local $z v128)
      (local $half v128) (local $p3 v128) (local $value v128) (local $logF32 v128)
      (local $sum_3_wideLanes0 v128) (local $c3 v128)
      (local f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64)
      (local $sum_3_wide f64) (local f64 f64 f64 f64 f64)
    (local.set $-inf (f32x4.splat (f32.const -inf)))
    (local.set $lanes_1 (v128.const i32x4 0 1 2 3))
    (local.set $88.9 (f32x4.splat (f32.const 88.9)))
    (local.set $-87.2 (f32x4.splat (f32.const -87.2)))
    (local.set $1.442695 (f32x4.splat (f32.const 1.442695)))
    (local.set $12582912.0 (f32x4.splat (f32.const 12582912)))
    (local.set $0.6933594 (f32x4.splat (f32.const 0.6933594)))
    (local.set $0.00021219444 (f32x4.splat (f32.const 0.00021219444)))
    (local.set $0.0013821 (f32x4.splat (f32.const 0.0013821)))
    (local.set $0.008368673 (f32x4.splat (f32.const 0.008368673)))
    (local.set $0.041668262 (f32x4.splat (f32.const 0.041668262)))
    (local.set $0.16666521 (f32x4.splat (f32.const 0.16666521)))
    (local.set $0.49999994 (f32x4.splat (f32.const 0.49999994)))
    (local.set $1.0 (f32x4.splat (f32.const 1)))
    (local.set $12583039.0 (f32x4.splat (f32.const 12583039)))
    (local.set $7.888609e-31 (f32x4.splat (f32.const 7.888609e-31)))
    (local.set $33554432.0 (f32x4.splat (f32.const 33554432)))
    (local.set $0.70710677 (f32x4.splat (f32.const 0.70710677)))
    (local.set $255 (i32x4.splat (i32.const 255)))
    (local.set $127 (i32x4.splat (i32.const 127)))
    (local.set $0.25 (f32x4.splat (f32.const 0.25)))
    (local.set $-24.0 (f32x4.splat (f32.const -24)))
    (local.set $2.0 (f32x4.splat (f32.const 2)))
    (local.set $0.5 (f32x4.splat (f32.const 0.5)))
    (local.set $0.29870808 (f32x4.splat (f32.const 0.29870808)))
    (local.set $0.39977583 (f32x4.splat (f32.const 0.39977583)))
    (local.set $0.66666776 (f32x4.splat (f32.const 0.66666776)))
    (local.set $inf (f32x4.splat (f32.const inf)))
    (local.set $nan (f32x4.splat (f32.const nan)))
    (local.set $c0 (i32x4.splat (local.get $n)))
    (local.set $c1 (f32x4.splat (f32.div (f32.const 1) (f32.convert_i32_s (local.get $n)))))
    (loop $i
      (local.set $max (local.get $-inf))
      (local.set $sum_2_wide (v128.const f32x4 0 0 0 0))
      (local.set $c2 (v128.load offset=45408 align=4 (local.get $i_0)))
      (local.set $inside0
        (i32x4.lt_s (i32x4.add (i32x4.splat (local.get $i)) (local.get $lanes_1)) (local.get $c0))
      )
      (local.set $k_0 (i32.add (local.get $i_2) (i32.const 53872)))
      (local.set $k (i32.const 0))
      (loop $k
        (local.set $t0
          (v128.load32_lane offset=120 3
            (local.get $k_0)
            (v128.load32_lane offset=80 2
              (local.get $k_0)
              (v128.load32_lane offset=40 1 (local.get $k_0) (v128.load32_splat (local.get $k_0)))
            )
          )
        )
        (local.set $max
          (v128.or
            (f32x4.pmax (local.get $max) (local.get $t0))
            (f32x4.ne (local.get $t0) (local.get $t0))
          )
        )
        (local.set $sum_2_wide
          (f32x4.add
            (local.get $sum_2_wide)
            (v128.and (local.get $t0) (i32x4.eq (i32x4.splat (local.get $k)) (local.get $c2)))
          )
        )
        (local.set $k_0 (i32.add (local.get $k_0) (i32.const 4)))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br_if $k (i32.lt_s (local.get $k) (i32.const 10)))
      )
      (local.set $sum_wide (v128.const f32x4 0 0 0 0))
      (local.set $k_0 (i32.add (local.get $i_2) (i32.const 53872)))
      (local.set $k_1 (i32.const 0))
      (loop $k
        (local.set $x
          (f32x4.sub
            (v128.load32_lane offset=120 3
              (local.get $k_0)
              (v128.load32_lane offset=80 2
                (local.get $k_0)
                (v128.load32_lane offset=40 1 (local.get $k_0) (v128.load32_splat (local.get $k_0)))
              )
            )
            (local.get $max)
          )
        )
        (local.set $t (f32x4.pmax (f32x4.pmin (local.get $x) (local.get $88.9)) (local.get $-87.2)))
        (local.set $k1
          (f32x4.sub
            (f32x4.relaxed_madd (local.get $t) (local.get $1.442695) (local.get $12582912.0))
            (local.get $12582912.0)
          )
        )
        (local.set $r
          (f32x4.relaxed_madd
            (local.get $k1)
            (local.get $0.00021219444)
            (f32x4.relaxed_nmadd (local.get $k1) (local.get $0.6933594) (local.get $t))
          )
        )
        (local.set $p
          (f32x4.relaxed_madd
            (f32x4.relaxed_madd (local.get $0.0013821) (local.get $r) (local.get $0.008368673))
            (local.get $r)
            (local.get $0.041668262)
          )
        )
        (local.set $nearExpm1F32
          (f32x4.relaxed_madd
            (f32x4.mul (local.get $r) (local.get $r))
            (f32x4.relaxed_madd
              (f32x4.relaxed_madd (local.get $p) (local.get $r) (local.get $0.16666521))
              (local.get $r)
              (local.get $0.49999994)
            )
            (local.get $r)
          )
        )
        (local.set $y1 (f32x4.add (local.get $1.0) (local.get $nearExpm1F32)))
        (local.set $expF32
          (f32x4.mul
            (f32x4.add (local.get $y1) (local.get $y1))
            (i32x4.shl
              (f32x4.add (f32x4.sub (local.get $k1) (local.get $1.0)) (local.get $12583039.0))
              (i32.const 23)
            )
          )
        )
        (v128.store offset=56432 align=4 (local.get $k_1) (local.get $expF32))
        (local.set $sum_wide (f32x4.add (local.get $sum_wide) (local.get $expF32)))
        (local.set $k_0 (i32.add (local.get $k_0) (i32.const 4)))
        (local.set $k_1 (i32.add (local.get $k_1) (i32.const 16)))
        (br_if $k (i32.lt_s (local.get $k_1) (i32.const 160)))
      )
      (local.set $tiny (f32x4.lt (local.get $sum_wide) (local.get $7.888609e-31)))
      (local.set $y2
        (i32x4.relaxed_laneselect
          (f32x4.mul (local.get $sum_wide) (local.get $33554432.0))
          (local.get $sum_wide)
          (local.get $tiny)
        )
      )
      (local.set $e
        (f32x4.convert_i32x4_s
          (i32x4.sub
            (v128.and
              (i32x4.shr_u (f32x4.mul (local.get $y2) (local.get $0.70710677)) (i32.const 23))
              (local.get $255)
            )
            (local.get $127)
          )
        )
      )
      (local.set $f
        (f32x4.sub
          (f32x4.mul
            (f32x4.mul (local.get $y2) (local.get $0.25))
            (i32x4.shl
              (f32x4.add (f32x4.sub (local.get $1.0) (local.get $e)) (local.get $12583039.0))
              (i32.const 23)
            )
          )
          (local.get $1.0)
        )
      )
      (local.set $k2
        (f32x4.add
          (local.get $e)
          (i32x4.relaxed_laneselect (local.get $-24.0) (local.get $1.0) (local.get $tiny))
        )
      )
      (local.set $s (f32x4.div (local.get $f) (f32x4.add (local.get $2.0) (local.get $f))))
      (local.set $z (f32x4.mul (local.get $s) (local.get $s)))
      (local.set $half (f32x4.mul (f32x4.mul (local.get $0.5) (local.get $f)) (local.get $f)))
      (local.set $p3
        (f32x4.mul
          (local.get $z)
          (f32x4.relaxed_madd
            (f32x4.relaxed_madd (local.get $0.29870808) (local.get $z) (local.get $0.39977583))
            (local.get $z)
            (local.get $0.66666776)
          )
        )
      )
      (local.set $value
        (f32x4.sub
          (f32x4.mul (local.get $k2) (local.get $0.6933594))
          (f32x4.sub
            (f32x4.sub
              (local.get $half)
              (f32x4.relaxed_nmadd
                (local.get $k2)
                (local.get $0.00021219444)
                (f32x4.mul (local.get $s) (f32x4.add (local.get $half) (local.get $p3)))
              )
            )
            (local.get $f)
          )
        )
      )
      (local.set $logF32
        (i32x4.relaxed_laneselect
          (i32x4.relaxed_laneselect
            (local.get $value)
            (local.get $sum_wide)
            (f32x4.lt (local.get $sum_wide) (local.get $inf))
          )
          (i32x4.relaxed_laneselect
            (local.get $-inf)
            (local.get $nan)
            (f32x4.eq (local.get $sum_wide) (v128.const f32x4 0 0 0 0))
          )
          (f32x4.lt (v128.const f32x4 0 0 0 0) (local.get $sum_wide))
        )
      )
      (local.set $sum_3_wideLanes0
        (f32x4.add
          (local.get $sum_3_wideLanes0)
          (v128.and
            (f32x4.sub (f32x4.add (local.get $max) (local.get $logF32)) (local.get $sum_2_wide))
            (local.get $inside0)
          )
        )
      )
      (local.set $c3 (f32x4.div (local.get $1.0) (local.get $sum_wide)))
      (local.set $k (local.tee $k_0 (i32.const 0)))
      (local.set $k_2 (i32.add (local.get $i_2) (i32.const 53872)))
      (loop $k
        (local.set $v0
          (f32x4.mul
            (local.get $c1)
            (f32x4.sub
              (f32x4.mul (v128.load offset=56432 align=4 (local.get $k_0)) (local.get $c3))
              (v128.and (local.get $1.0) (i32x4.eq (local.get $c2) (i32x4.splat (local.get $k))))
            )
          )
        )
        (f32.store (local.get $k_2) (f32x4.extract_lane 0 (local.get $v0)))
        (f32.store offset=40 (local.get $k_2) (f32x4.extract_lane 1 (local.get $v0)))
        (f32.store offset=80 (local.get $k_2) (f32x4.extract_lane 2 (local.get $v0)))
        (f32.store offset=120 (local.get $k_2) (f32x4.extract_lane 3 (local.get $v0)))
        (local.set $k_0 (i32.add (local.get $k_0) (i32.const 16)))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (local.set $k_2 (i32.add (local.get $k_2) (i32.const 4)))
        (br_if $k (i32.lt_s (local.get $k) (i32.const 10)))
      )
      (local.set $i_0 (i32.add (local.get $i_0) (i32.const 16)))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (local.set $i_2 (i32.add (local.get $i_2) (i32.const 160)))
      (br_if $i (i32.lt_s (local.get $i) (local.get $n)))
    )
    (local.set $sum_3_wide
      (f64.add
        (local.get $sum_3_wide)
        (f64.promote_f32
          (f32x4.extract_lane 0
            (f32x4.add
              (local.tee $t.2
                (f32x4.add
                  (local.get $sum_3_wideLanes0)
                  (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
                    (local.get $sum_3_wideLanes0)
                    (local.get $sum_3_wideLanes0)
                  )
                )
              )
              (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11
                (local.get $t.2)
                (local.get $t.2)
              )
            )
          )
        )
      )
    )
    (f32.store offset=67360
      (i32.const 0)
      (f32.div (f32.demote_f64 (local.get $sum_3_wide)) (f32.convert_i32_s (local.get $n)))
    )
  )

  ;; logits_kernel_transposed = logits_kernelᵀ  (digits.model.ts:11)
  (func $hidden_backward
    (local $j_0_end i32) (local i32 i32 i32) (local $i_0 i32) (local i32) (local $i_1 i32)
      (local i32) (local $j_0 i32) (local $j_1 i32)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64)
    (loop $i
      (local.set $j_0 (i32.add (local.get $i_0) (i32.const 8320)))
      (local.set $j_1 (local.get $i_1))
      (local.set $j_0_end (i32.add (local.get $j_0) (i32.const 1280)))
      (loop $j
        (v128.store offset=56432 align=4
          (local.get $j_1)
          (v128.load32_lane offset=120 3
            (local.get $j_0)
            (v128.load32_lane offset=80 2
              (local.get $j_0)
              (v128.load32_lane offset=40 1 (local.get $j_0) (v128.load32_splat (local.get $j_0)))
            )
          )
        )
        (local.set $j_0 (i32.add (local.get $j_0) (i32.const 160)))
        (local.set $j_1 (i32.add (local.get $j_1) (i32.const 16)))
        (br_if $j (i32.lt_s (local.get $j_0) (local.get $j_0_end)))
      )
      (local.set $i_0 (i32.add (local.get $i_0) (i32.const 4)))
      (local.set $i_1 (i32.add (local.get $i_1) (i32.const 128)))
      (br_if $i (i32.lt_s (local.get $i_0) (i32.const 40)))
    )
  )

  ;; hidden_relu = relu(x · hidden_kernel + hidden_bias)  (digits.model.ts:10)
  (func $hidden_forward (param $n i32)
    (local $j_2 i32) (local $i_0_end i32) (local $k_0_end i32) (local $i_0 i32) (local $k_1 i32)
      (local $i_1 i32) (local $k_0 i32) (local $j_0 i32) (local $j_1 i32) (local $sum00 v128)
      (local $sum01 v128) (local $sum10 v128) (local $sum11 v128) (local $sum20 v128)
      (local $sum21 v128) (local $sum30 v128) (local $sum31 v128) (local $x0 v128) (local $x2 v128)
      (local $x3 v128) (local $x4 v128) (local $x5 v128) (local $x6 v128) (local $x7 v128)
      (local v128 v128 v128 v128 v128 v128 v128) (local $x1 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64)
    (local.set $i_0_end (i32.shl (local.get $n) (i32.const 8)))
    (loop $i
      (local.set $j_0 (i32.const 0))
      (local.set $j_1 (i32.const 8192))
      (local.set $j_2 (i32.add (local.get $i_1) (i32.const 45680)))
      (loop $j
        (local.set $sum31
          (local.tee $sum30
            (local.tee $sum21
              (local.tee $sum20
                (local.tee $sum11
                  (local.tee $sum10
                    (local.tee $sum01 (local.tee $sum00 (v128.const f32x4 0 0 0 0)))
                  )
                )
              )
            )
          )
        )
        (local.set $k_0 (i32.add (local.get $i_0) (i32.const 29024)))
        (local.set $k_1 (local.get $j_0))
        (local.set $k_0_end (i32.add (local.get $k_0) (i32.const 256)))
        (loop $k
          (local.set $x0 (v128.load32_splat (local.get $k_0)))
          (local.set $x1 (v128.load align=4 (local.get $k_1)))
          (local.set $sum00 (f32x4.relaxed_madd (local.get $x0) (local.get $x1) (local.get $sum00)))
          (local.set $x2 (v128.load offset=16 align=4 (local.get $k_1)))
          (local.set $sum01 (f32x4.relaxed_madd (local.get $x0) (local.get $x2) (local.get $sum01)))
          (local.set $x3 (v128.load32_splat offset=256 (local.get $k_0)))
          (local.set $sum10 (f32x4.relaxed_madd (local.get $x3) (local.get $x1) (local.get $sum10)))
          (local.set $sum11 (f32x4.relaxed_madd (local.get $x3) (local.get $x2) (local.get $sum11)))
          (local.set $x4 (v128.load32_splat offset=512 (local.get $k_0)))
          (local.set $sum20 (f32x4.relaxed_madd (local.get $x4) (local.get $x1) (local.get $sum20)))
          (local.set $sum21 (f32x4.relaxed_madd (local.get $x4) (local.get $x2) (local.get $sum21)))
          (local.set $x5 (v128.load32_splat offset=768 (local.get $k_0)))
          (local.set $sum30 (f32x4.relaxed_madd (local.get $x5) (local.get $x1) (local.get $sum30)))
          (local.set $sum31 (f32x4.relaxed_madd (local.get $x5) (local.get $x2) (local.get $sum31)))
          (local.set $k_0 (i32.add (local.get $k_0) (i32.const 4)))
          (local.set $k_1 (i32.add (local.get $k_1) (i32.const 128)))
          (br_if $k (i32.lt_s (local.get $k_0) (local.get $k_0_end)))
        )
        (local.set $x6 (v128.load align=4 (local.get $j_1)))
        (v128.store align=4
          (local.get $j_2)
          (f32x4.pmax (f32x4.add (local.get $sum00) (local.get $x6)) (v128.const f32x4 0 0 0 0))
        )
        (local.set $x7 (v128.load offset=16 align=4 (local.get $j_1)))
        (v128.store offset=16 align=4
          (local.get $j_2)
          (f32x4.pmax (f32x4.add (local.get $sum01) (local.get $x7)) (v128.const f32x4 0 0 0 0))
        )
        (v128.store offset=128 align=4
          (local.get $j_2)
          (f32x4.pmax (f32x4.add (local.get $sum10) (local.get $x6)) (v128.const f32x4 0 0 0 0))
        )
        (v128.store offset=144 align=4
          (local.get $j_2)
          (f32x4.pmax (f32x4.add (local.get $sum11) (local.get $x7)) (v128.const f32x4 0 0 0 0))
        )
        (v128.store offset=256 align=4
          (local.get $j_2)
          (f32x4.pmax (f32x4.add (local.get $sum20) (local.get $x6)) (v128.const f32x4 0 0 0 0))
        )
        (v128.store offset=272 align=4
          (local.get $j_2)
          (f32x4.pmax (f32x4.add (local.get $sum21) (local.get $x7)) (v128.const f32x4 0 0 0 0))
        )
        (v128.store offset=384 align=4
          (local.get $j_2)
          (f32x4.pmax (f32x4.add (local.get $sum30) (local.get $x6)) (v128.const f32x4 0 0 0 0))
        )
        (v128.store offset=400 align=4
          (local.get $j_2)
          (f32x4.pmax (f32x4.add (local.get $sum31) (local.get $x7)) (v128.const f32x4 0 0 0 0))
        )
        (local.set $j_0 (i32.add (local.get $j_0) (i32.const 32)))
        (local.set $j_1 (i32.add (local.get $j_1) (i32.const 32)))
        (local.set $j_2 (i32.add (local.get $j_2) (i32.const 32)))
        (br_if $j (i32.lt_s (local.get $j_0) (i32.const 128)))
      )
      (local.set $i_0 (i32.add (local.get $i_0) (i32.const 1024)))
      (local.set $i_1 (i32.add (local.get $i_1) (i32.const 512)))
      (br_if $i (i32.lt_s (local.get $i_0) (local.get $i_0_end)))
    )
  )

  ;; d_hidden = where(0 < hidden_relu, d_logits · logits_kernel_transposed, 0)  (digits.model.ts:10)
  (func $hidden_backward_2 (param $n i32)
    (local i32) (local $i_0_end i32) (local $k_0_end i32) (local $i_0 i32) (local $k_1 i32)
      (local $i_1 i32) (local $k_0 i32) (local $j_0 i32) (local $j_1 i32) (local $sum00 v128)
      (local $sum01 v128) (local $sum10 v128) (local $sum11 v128) (local $sum20 v128)
      (local $sum21 v128) (local $sum30 v128) (local $sum31 v128) (local $x0 v128) (local $x2 v128)
      (local $x3 v128) (local $x4 v128) (local $x5 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128) (local $x1 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64)
    (local.set $i_0_end (i32.mul (local.get $n) (i32.const 40)))
    (loop $i
      (local.set $j_0 (i32.const 0))
      (local.set $j_1 (i32.add (local.get $i_1) (i32.const 45680)))
      (loop $j
        (local.set $sum31
          (local.tee $sum30
            (local.tee $sum21
              (local.tee $sum20
                (local.tee $sum11
                  (local.tee $sum10
                    (local.tee $sum01 (local.tee $sum00 (v128.const f32x4 0 0 0 0)))
                  )
                )
              )
            )
          )
        )
        (local.set $k_0 (i32.add (local.get $i_0) (i32.const 53872)))
        (local.set $k_1 (i32.add (local.get $j_0) (i32.const 56432)))
        (local.set $k_0_end (i32.add (local.get $k_0) (i32.const 40)))
        (loop $k
          (local.set $x0 (v128.load32_splat (local.get $k_0)))
          (local.set $x1 (v128.load align=4 (local.get $k_1)))
          (local.set $sum00 (f32x4.relaxed_madd (local.get $x0) (local.get $x1) (local.get $sum00)))
          (local.set $x2 (v128.load offset=16 align=4 (local.get $k_1)))
          (local.set $sum01 (f32x4.relaxed_madd (local.get $x0) (local.get $x2) (local.get $sum01)))
          (local.set $x3 (v128.load32_splat offset=40 (local.get $k_0)))
          (local.set $sum10 (f32x4.relaxed_madd (local.get $x3) (local.get $x1) (local.get $sum10)))
          (local.set $sum11 (f32x4.relaxed_madd (local.get $x3) (local.get $x2) (local.get $sum11)))
          (local.set $x4 (v128.load32_splat offset=80 (local.get $k_0)))
          (local.set $sum20 (f32x4.relaxed_madd (local.get $x4) (local.get $x1) (local.get $sum20)))
          (local.set $sum21 (f32x4.relaxed_madd (local.get $x4) (local.get $x2) (local.get $sum21)))
          (local.set $x5 (v128.load32_splat offset=120 (local.get $k_0)))
          (local.set $sum30 (f32x4.relaxed_madd (local.get $x5) (local.get $x1) (local.get $sum30)))
          (local.set $sum31 (f32x4.relaxed_madd (local.get $x5) (local.get $x2) (local.get $sum31)))
          (local.set $k_0 (i32.add (local.get $k_0) (i32.const 4)))
          (local.set $k_1 (i32.add (local.get $k_1) (i32.const 128)))
          (br_if $k (i32.lt_s (local.get $k_0) (local.get $k_0_end)))
        )
        (v128.store align=4
          (local.get $j_1)
          (v128.and
            (local.get $sum00)
            (f32x4.lt (v128.const f32x4 0 0 0 0) (v128.load align=4 (local.get $j_1)))
          )
        )
        (v128.store offset=16 align=4
          (local.get $j_1)
          (v128.and
            (local.get $sum01)
            (f32x4.lt (v128.const f32x4 0 0 0 0) (v128.load offset=16 align=4 (local.get $j_1)))
          )
        )
        (v128.store offset=128 align=4
          (local.get $j_1)
          (v128.and
            (local.get $sum10)
            (f32x4.lt (v128.const f32x4 0 0 0 0) (v128.load offset=128 align=4 (local.get $j_1)))
          )
        )
        (v128.store offset=144 align=4
          (local.get $j_1)
          (v128.and
            (local.get $sum11)
            (f32x4.lt (v128.const f32x4 0 0 0 0) (v128.load offset=144 align=4 (local.get $j_1)))
          )
        )
        (v128.store offset=256 align=4
          (local.get $j_1)
          (v128.and
            (local.get $sum20)
            (f32x4.lt (v128.const f32x4 0 0 0 0) (v128.load offset=256 align=4 (local.get $j_1)))
          )
        )
        (v128.store offset=272 align=4
          (local.get $j_1)
          (v128.and
            (local.get $sum21)
            (f32x4.lt (v128.const f32x4 0 0 0 0) (v128.load offset=272 align=4 (local.get $j_1)))
          )
        )
        (v128.store offset=384 align=4
          (local.get $j_1)
          (v128.and
            (local.get $sum30)
            (f32x4.lt (v128.const f32x4 0 0 0 0) (v128.load offset=384 align=4 (local.get $j_1)))
          )
        )
        (v128.store offset=400 align=4
          (local.get $j_1)
          (v128.and
            (local.get $sum31)
            (f32x4.lt (v128.const f32x4 0 0 0 0) (v128.load offset=400 align=4 (local.get $j_1)))
          )
        )
        (local.set $j_0 (i32.add (local.get $j_0) (i32.const 32)))
        (local.set $j_1 (i32.add (local.get $j_1) (i32.const 32)))
        (br_if $j (i32.lt_s (local.get $j_0) (i32.const 128)))
      )
      (local.set $i_0 (i32.add (local.get $i_0) (i32.const 160)))
      (local.set $i_1 (i32.add (local.get $i_1) (i32.const 512)))
      (br_if $i (i32.lt_s (local.get $i_0) (local.get $i_0_end)))
    )
  )

  ;; ∂loss/∂hidden/kernel = xᵀ · d_hidden  (digits.model.ts:10)
  (func $hidden_kernel_gradient (param $n i32)
    (local $i_2 i32) (local $at_0 i32) (local $k_0_end i32) (local i32) (local $k_1 i32)
      (local $i_1 i32) (local $k_0 i32) (local $j_0 i32) (local $j_1 i32) (local $sum00 v128)
      (local $sum01 v128) (local $sum10 v128) (local $sum11 v128) (local $sum20 v128)
      (local $sum21 v128) (local $sum30 v128) (local $sum31 v128) (local $x0 v128) (local $x2 v128)
      (local $x3 v128) (local $x4 v128) (local $x5 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128) (local $x1 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64)
    (local.set $at_0 (i32.shl (local.get $n) (i32.const 8)))
    (loop $i
      (local.set $j_0 (i32.const 0))
      (local.set $j_1 (i32.add (local.get $i_2) (i32.const 57712)))
      (loop $j
        (local.set $sum31
          (local.tee $sum30
            (local.tee $sum21
              (local.tee $sum20
                (local.tee $sum11
                  (local.tee $sum10
                    (local.tee $sum01 (local.tee $sum00 (v128.const f32x4 0 0 0 0)))
                  )
                )
              )
            )
          )
        )
        (local.set $k_0 (i32.add (local.get $i_1) (i32.const 29024)))
        (local.set $k_1 (i32.add (local.get $j_0) (i32.const 45680)))
        (local.set $k_0_end (i32.add (local.get $k_0) (local.get $at_0)))
        (loop $k
          (local.set $x0 (v128.load32_splat (local.get $k_0)))
          (local.set $x1 (v128.load align=4 (local.get $k_1)))
          (local.set $sum00 (f32x4.relaxed_madd (local.get $x0) (local.get $x1) (local.get $sum00)))
          (local.set $x2 (v128.load offset=16 align=4 (local.get $k_1)))
          (local.set $sum01 (f32x4.relaxed_madd (local.get $x0) (local.get $x2) (local.get $sum01)))
          (local.set $x3 (v128.load32_splat offset=4 (local.get $k_0)))
          (local.set $sum10 (f32x4.relaxed_madd (local.get $x3) (local.get $x1) (local.get $sum10)))
          (local.set $sum11 (f32x4.relaxed_madd (local.get $x3) (local.get $x2) (local.get $sum11)))
          (local.set $x4 (v128.load32_splat offset=8 (local.get $k_0)))
          (local.set $sum20 (f32x4.relaxed_madd (local.get $x4) (local.get $x1) (local.get $sum20)))
          (local.set $sum21 (f32x4.relaxed_madd (local.get $x4) (local.get $x2) (local.get $sum21)))
          (local.set $x5 (v128.load32_splat offset=12 (local.get $k_0)))
          (local.set $sum30 (f32x4.relaxed_madd (local.get $x5) (local.get $x1) (local.get $sum30)))
          (local.set $sum31 (f32x4.relaxed_madd (local.get $x5) (local.get $x2) (local.get $sum31)))
          (local.set $k_0 (i32.add (local.get $k_0) (i32.const 256)))
          (local.set $k_1 (i32.add (local.get $k_1) (i32.const 128)))
          (br_if $k (i32.lt_s (local.get $k_0) (local.get $k_0_end)))
        )
        (v128.store align=4
          (local.get $j_1)
          (f32x4.add (v128.load align=4 (local.get $j_1)) (local.get $sum00))
        )
        (v128.store offset=16 align=4
          (local.get $j_1)
          (f32x4.add (v128.load offset=16 align=4 (local.get $j_1)) (local.get $sum01))
        )
        (v128.store offset=128 align=4
          (local.get $j_1)
          (f32x4.add (v128.load offset=128 align=4 (local.get $j_1)) (local.get $sum10))
        )
        (v128.store offset=144 align=4
          (local.get $j_1)
          (f32x4.add (v128.load offset=144 align=4 (local.get $j_1)) (local.get $sum11))
        )
        (v128.store offset=256 align=4
          (local.get $j_1)
          (f32x4.add (v128.load offset=256 align=4 (local.get $j_1)) (local.get $sum20))
        )
        (v128.store offset=272 align=4
          (local.get $j_1)
          (f32x4.add (v128.load offset=272 align=4 (local.get $j_1)) (local.get $sum21))
        )
        (v128.store offset=384 align=4
          (local.get $j_1)
          (f32x4.add (v128.load offset=384 align=4 (local.get $j_1)) (local.get $sum30))
        )
        (v128.store offset=400 align=4
          (local.get $j_1)
          (f32x4.add (v128.load offset=400 align=4 (local.get $j_1)) (local.get $sum31))
        )
        (local.set $j_0 (i32.add (local.get $j_0) (i32.const 32)))
        (local.set $j_1 (i32.add (local.get $j_1) (i32.const 32)))
        (br_if $j (i32.lt_s (local.get $j_0) (i32.const 128)))
      )
      (local.set $i_1 (i32.add (local.get $i_1) (i32.const 16)))
      (local.set $i_2 (i32.add (local.get $i_2) (i32.const 512)))
      (br_if $i (i32.lt_s (local.get $i_1) (i32.const 256)))
    )
  )

  ;; ∂loss/∂logits/kernel = hidden_reluᵀ · d_logits  (digits.model.ts:11)
  (func $logits_kernel_gradient (param $n i32)
    (local $i_2 i32) (local $at_0 i32) (local $k_0_end i32) (local i32) (local $k_1 i32)
      (local $i_1 i32) (local $k_0 i32) (local i32 i32) (local $sum00 v128) (local $sum01 v128)
      (local $sum10 v128) (local $sum11 v128) (local $sum02 v128) (local $sum12 v128)
      (local v128 v128) (local $x0 v128) (local $x2 v128) (local $x3 v128) (local $x4 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128) (local $x1 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64)
    (local.set $at_0 (i32.shl (local.get $n) (i32.const 7)))
    (local.set $i_2 (i32.const 66032))
    (loop $i
      (local.set $sum12
        (local.tee $sum11
          (local.tee $sum10
            (local.tee $sum02 (local.tee $sum01 (local.tee $sum00 (v128.const f32x4 0 0 0 0))))
          )
        )
      )
      (local.set $k_0 (i32.add (local.get $i_1) (i32.const 45680)))
      (local.set $k_1 (i32.const 53872))
      (local.set $k_0_end (i32.add (local.get $k_0) (local.get $at_0)))
      (loop $k
        (local.set $x0 (v128.load32_splat (local.get $k_0)))
        (local.set $x1 (v128.load align=4 (local.get $k_1)))
        (local.set $sum00 (f32x4.relaxed_madd (local.get $x0) (local.get $x1) (local.get $sum00)))
        (local.set $x2 (v128.load offset=16 align=4 (local.get $k_1)))
        (local.set $sum01 (f32x4.relaxed_madd (local.get $x0) (local.get $x2) (local.get $sum01)))
        (local.set $x3 (v128.load64_zero offset=32 align=4 (local.get $k_1)))
        (local.set $sum02 (f32x4.relaxed_madd (local.get $x0) (local.get $x3) (local.get $sum02)))
        (local.set $x4 (v128.load32_splat offset=4 (local.get $k_0)))
        (local.set $sum10 (f32x4.relaxed_madd (local.get $x4) (local.get $x1) (local.get $sum10)))
        (local.set $sum11 (f32x4.relaxed_madd (local.get $x4) (local.get $x2) (local.get $sum11)))
        (local.set $sum12 (f32x4.relaxed_madd (local.get $x4) (local.get $x3) (local.get $sum12)))
        (local.set $k_0 (i32.add (local.get $k_0) (i32.const 128)))
        (local.set $k_1 (i32.add (local.get $k_1) (i32.const 40)))
        (br_if $k (i32.lt_s (local.get $k_0) (local.get $k_0_end)))
      )
      (v128.store align=4
        (local.get $i_2)
        (f32x4.add (v128.load align=4 (local.get $i_2)) (local.get $sum00))
      )
      (v128.store offset=16 align=4
        (local.get $i_2)
        (f32x4.add (v128.load offset=16 align=4 (local.get $i_2)) (local.get $sum01))
      )
      (v128.store64_lane offset=32 align=4 0
        (local.get $i_2)
        (f32x4.add (v128.load64_zero offset=32 align=4 (local.get $i_2)) (local.get $sum02))
      )
      (v128.store offset=40 align=4
        (local.get $i_2)
        (f32x4.add (v128.load offset=40 align=4 (local.get $i_2)) (local.get $sum10))
      )
      (v128.store offset=56 align=4
        (local.get $i_2)
        (f32x4.add (v128.load offset=56 align=4 (local.get $i_2)) (local.get $sum11))
      )
      (v128.store64_lane offset=72 align=4 0
        (local.get $i_2)
        (f32x4.add (v128.load64_zero offset=72 align=4 (local.get $i_2)) (local.get $sum12))
      )
      (local.set $i_1 (i32.add (local.get $i_1) (i32.const 8)))
      (local.set $i_2 (i32.add (local.get $i_2) (i32.const 80)))
      (br_if $i (i32.lt_s (local.get $i_1) (i32.const 128)))
    )
  )

  ;; logits_add = hidden_relu · logits_kernel + logits_bias  (digits.model.ts:11)
  (func $logits_forward (param $n i32)
    (local i32) (local $i_0_end i32) (local i32) (local $i_0 i32) (local $k_1 i32) (local $i_1 i32)
      (local $k_0 i32) (local i32 i32) (local $sum00 v128) (local $sum01 v128) (local $sum10 v128)
      (local $sum11 v128) (local $sum02 v128) (local $sum12 v128) (local v128 v128) (local $x0 v128)
      (local $x2 v128) (local $x3 v128) (local $x4 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128) (local $x1 v128)
      (local v128 v128 v128) (local $c0 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
      (local $c1 v128) (local v128) (local $c2 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64)
    (local.set $c0 (v128.load align=4 (i32.const 9600)))
    (local.set $c1 (v128.load offset=16 align=4 (i32.const 9600)))
    (local.set $c2 (v128.load64_zero offset=32 align=4 (i32.const 9600)))
    (local.set $i_1 (i32.const 53872))
    (local.set $i_0_end (i32.shl (local.get $n) (i32.const 7)))
    (loop $i
      (local.set $sum12
        (local.tee $sum11
          (local.tee $sum10
            (local.tee $sum02 (local.tee $sum01 (local.tee $sum00 (v128.const f32x4 0 0 0 0))))
          )
        )
      )
      (local.set $k_0 (i32.add (local.get $i_0) (i32.const 45680)))
      (local.set $k_1 (i32.const 8320))
      (loop $k
        (local.set $x0 (v128.load32_splat (local.get $k_0)))
        (local.set $x1 (v128.load align=4 (local.get $k_1)))
        (local.set $sum00 (f32x4.relaxed_madd (local.get $x0) (local.get $x1) (local.get $sum00)))
        (local.set $x2 (v128.load offset=16 align=4 (local.get $k_1)))
        (local.set $sum01 (f32x4.relaxed_madd (local.get $x0) (local.get $x2) (local.get $sum01)))
        (local.set $x3 (v128.load64_zero offset=32 align=4 (local.get $k_1)))
        (local.set $sum02 (f32x4.relaxed_madd (local.get $x0) (local.get $x3) (local.get $sum02)))
        (local.set $x4 (v128.load32_splat offset=128 (local.get $k_0)))
        (local.set $sum10 (f32x4.relaxed_madd (local.get $x4) (local.get $x1) (local.get $sum10)))
        (local.set $sum11 (f32x4.relaxed_madd (local.get $x4) (local.get $x2) (local.get $sum11)))
        (local.set $sum12 (f32x4.relaxed_madd (local.get $x4) (local.get $x3) (local.get $sum12)))
        (local.set $k_0 (i32.add (local.get $k_0) (i32.const 4)))
        (local.set $k_1 (i32.add (local.get $k_1) (i32.const 40)))
        (br_if $k (i32.lt_s (local.get $k_1) (i32.const 9600)))
      )
      (v128.store align=4 (local.get $i_1) (f32x4.add (local.get $sum00) (local.get $c0)))
      (v128.store offset=16 align=4 (local.get $i_1) (f32x4.add (local.get $sum01) (local.get $c1)))
      (v128.store64_lane offset=32 align=4 0
        (local.get $i_1)
        (f32x4.add (local.get $sum02) (local.get $c2))
      )
      (v128.store offset=40 align=4 (local.get $i_1) (f32x4.add (local.get $sum10) (local.get $c0)))
      (v128.store offset=56 align=4 (local.get $i_1) (f32x4.add (local.get $sum11) (local.get $c1)))
      (v128.store64_lane offset=72 align=4 0
        (local.get $i_1)
        (f32x4.add (local.get $sum12) (local.get $c2))
      )
      (local.set $i_0 (i32.add (local.get $i_0) (i32.const 256)))
      (local.set $i_1 (i32.add (local.get $i_1) (i32.const 80)))
      (br_if $i (i32.lt_s (local.get $i_0) (local.get $i_0_end)))
    )
  )

  ;; ∂loss/∂hidden/bias = sum(d_hidden)  (digits.model.ts:10)
  (func $hidden_bias_gradient (param $n i32)
    (local i32) (local $at_0 i32) (local $k_0_end i32) (local i32 i32) (local $i_1 i32)
      (local $k_0 i32)
      (local i32 i32 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
      (local $sum_wide v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64)
    (local.set $at_0 (i32.shl (local.get $n) (i32.const 7)))
    (loop $i
      (local.set $sum_wide (v128.const f32x4 0 0 0 0))
      (local.set $k_0 (local.get $i_1))
      (local.set $k_0_end (i32.add (local.get $k_0) (local.get $at_0)))
      (loop $k
        (local.set $sum_wide
          (f32x4.add (local.get $sum_wide) (v128.load offset=45680 align=4 (local.get $k_0)))
        )
        (local.set $k_0 (i32.add (local.get $k_0) (i32.const 128)))
        (br_if $k (i32.lt_s (local.get $k_0) (local.get $k_0_end)))
      )
      (v128.store offset=65904 align=4
        (local.get $i_1)
        (f32x4.add (v128.load offset=65904 align=4 (local.get $i_1)) (local.get $sum_wide))
      )
      (local.set $i_1 (i32.add (local.get $i_1) (i32.const 16)))
      (br_if $i (i32.lt_s (local.get $i_1) (i32.const 128)))
    )
  )

  ;; ∂loss/∂logits/bias = sum(d_logits)  (digits.model.ts:11)
  (func $logits_bias_gradient (param $n i32)
    (local i32) (local $at_0 i32) (local $k_0_end i32) (local i32 i32) (local $i_1 i32)
      (local $k_0 i32) (local i32 i32) (local $sum_wide_0 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
      (local $sum_wide v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64)
    (local.set $at_0 (i32.mul (local.get $n) (i32.const 40)))
    (loop $i
      (local.set $sum_wide (v128.const f32x4 0 0 0 0))
      (local.set $k_0 (local.get $i_1))
      (local.set $k_0_end (i32.add (local.get $k_0) (local.get $at_0)))
      (loop $k
        (local.set $sum_wide
          (f32x4.add (local.get $sum_wide) (v128.load offset=53872 align=4 (local.get $k_0)))
        )
        (local.set $k_0 (i32.add (local.get $k_0) (i32.const 40)))
        (br_if $k (i32.lt_s (local.get $k_0) (local.get $k_0_end)))
      )
      (v128.store offset=67312 align=4
        (local.get $i_1)
        (f32x4.add (v128.load offset=67312 align=4 (local.get $i_1)) (local.get $sum_wide))
      )
      (local.set $i_1 (i32.add (local.get $i_1) (i32.const 16)))
      (br_if $i (i32.lt_s (local.get $i_1) (i32.const 32)))
    )
    (local.set $k_0 (i32.const 0))
    (local.set $k_0_end (i32.mul (local.get $n) (i32.const 40)))
    (loop $k
      (local.set $sum_wide_0
        (f32x4.add (local.get $sum_wide_0) (v128.load64_zero offset=53904 align=4 (local.get $k_0)))
      )
      (local.set $k_0 (i32.add (local.get $k_0) (i32.const 40)))
      (br_if $k (i32.lt_s (local.get $k_0) (local.get $k_0_end)))
    )
    (v128.store64_lane offset=67344 align=4 0
      (i32.const 0)
      (f32x4.add (v128.load64_zero offset=67344 align=4 (i32.const 0)) (local.get $sum_wide_0))
    )
  )

  ;; hidden_kernel = randomUniform(seed) · 0.5 − 0.25  (digits.model.ts:10)
  (func $init_hidden_kernel
    (local $t0 i32) (local $t1 i32) (local $i i32) (local $t2 i32) (local i32 i32) (local $i_1 i32)
      (local i32 i32 i32) (local $lanes_0 v128) (local $-1640531527 v128) (local $-2048144789 v128)
      (local $-1028477387 v128) (local $5.9604645e-8 v128) (local $-0.25 v128) (local $t3 v128)
      (local $t4 v128) (local $t5 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
      (local $c0 v128) (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
      (local $0.5 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64)
    (local.set $lanes_0 (v128.const i32x4 0 1 2 3))
    (local.set $-1640531527 (i32x4.splat (i32.const -1640531527)))
    (local.set $-2048144789 (i32x4.splat (i32.const -2048144789)))
    (local.set $-1028477387 (i32x4.splat (i32.const -1028477387)))
    (local.set $5.9604645e-8 (f32x4.splat (f32.const 5.9604645e-8)))
    (local.set $0.5 (f32x4.splat (f32.const 0.5)))
    (local.set $-0.25 (f32x4.splat (f32.const -0.25)))
    (local.set $t0 (i32.xor (i32.load offset=45664 (i32.const 0)) (i32.const -1953814117)))
    (local.set $t1
      (i32.mul
        (i32.xor (local.get $t0) (i32.shr_u (local.get $t0) (i32.const 16)))
        (i32.const -2048144789)
      )
    )
    (local.set $t2
      (i32.mul
        (i32.xor (local.get $t1) (i32.shr_u (local.get $t1) (i32.const 13)))
        (i32.const -1028477387)
      )
    )
    (local.set $c0
      (i32x4.splat (i32.xor (local.get $t2) (i32.shr_u (local.get $t2) (i32.const 16))))
    )
    (loop $i
      (local.set $t3
        (i32x4.add
          (local.get $c0)
          (i32x4.mul
            (i32x4.add (i32x4.splat (local.get $i)) (local.get $lanes_0))
            (local.get $-1640531527)
          )
        )
      )
      (local.set $t4
        (i32x4.mul
          (v128.xor (local.get $t3) (i32x4.shr_u (local.get $t3) (i32.const 16)))
          (local.get $-2048144789)
        )
      )
      (local.set $t5
        (i32x4.mul
          (v128.xor (local.get $t4) (i32x4.shr_u (local.get $t4) (i32.const 13)))
          (local.get $-1028477387)
        )
      )
      (v128.store align=4
        (local.get $i_1)
        (f32x4.relaxed_madd
          (f32x4.mul
            (f32x4.convert_i32x4_s
              (i32x4.shr_u
                (v128.xor (local.get $t5) (i32x4.shr_u (local.get $t5) (i32.const 16)))
                (i32.const 8)
              )
            )
            (local.get $5.9604645e-8)
          )
          (local.get $0.5)
          (local.get $-0.25)
        )
      )
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (local.set $i_1 (i32.add (local.get $i_1) (i32.const 16)))
      (br_if $i (i32.lt_s (local.get $i) (i32.const 2048)))
    )
  )

  ;; logits_kernel = randomUniform(seed) · 0.7559289 − 0.3779645  (digits.model.ts:11)
  (func $init_logits_kernel
    (local $t0 i32) (local $t1 i32) (local $i i32) (local $t2 i32) (local i32 i32) (local $i_1 i32)
      (local i32 i32 i32) (local $lanes_0 v128) (local $-1640531527 v128) (local $-2048144789 v128)
      (local $-1028477387 v128) (local $5.9604645e-8 v128) (local $0.75592893 v128) (local $t3 v128)
      (local $t4 v128) (local $t5 v128) (local $-0.37796447 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
      (local $c0 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64)
    (local.set $lanes_0 (v128.const i32x4 0 1 2 3))
    (local.set $-1640531527 (i32x4.splat (i32.const -1640531527)))
    (local.set $-2048144789 (i32x4.splat (i32.const -2048144789)))
    (local.set $-1028477387 (i32x4.splat (i32.const -1028477387)))
    (local.set $5.9604645e-8 (f32x4.splat (f32.const 5.9604645e-8)))
    (local.set $0.75592893 (f32x4.splat (f32.const 0.75592893)))
    (local.set $-0.37796447 (f32x4.splat (f32.const -0.37796447)))
    (local.set $t0 (i32.xor (i32.load offset=45664 (i32.const 0)) (i32.const -1308314441)))
    (local.set $t1
      (i32.mul
        (i32.xor (local.get $t0) (i32.shr_u (local.get $t0) (i32.const 16)))
        (i32.const -2048144789)
      )
    )
    (local.set $t2
      (i32.mul
        (i32.xor (local.get $t1) (i32.shr_u (local.get $t1) (i32.const 13)))
        (i32.const -1028477387)
      )
    )
    (local.set $c0
      (i32x4.splat (i32.xor (local.get $t2) (i32.shr_u (local.get $t2) (i32.const 16))))
    )
    (loop $i
      (local.set $t3
        (i32x4.add
          (local.get $c0)
          (i32x4.mul
            (i32x4.add (i32x4.splat (local.get $i)) (local.get $lanes_0))
            (local.get $-1640531527)
          )
        )
      )
      (local.set $t4
        (i32x4.mul
          (v128.xor (local.get $t3) (i32x4.shr_u (local.get $t3) (i32.const 16)))
          (local.get $-2048144789)
        )
      )
      (local.set $t5
        (i32x4.mul
          (v128.xor (local.get $t4) (i32x4.shr_u (local.get $t4) (i32.const 13)))
          (local.get $-1028477387)
        )
      )
      (v128.store offset=8320 align=4
        (local.get $i_1)
        (f32x4.relaxed_madd
          (f32x4.mul
            (f32x4.convert_i32x4_s
              (i32x4.shr_u
                (v128.xor (local.get $t5) (i32x4.shr_u (local.get $t5) (i32.const 16)))
                (i32.const 8)
              )
            )
            (local.get $5.9604645e-8)
          )
          (local.get $0.75592893)
          (local.get $-0.37796447)
        )
      )
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (local.set $i_1 (i32.add (local.get $i_1) (i32.const 16)))
      (br_if $i (i32.lt_s (local.get $i) (i32.const 320)))
    )
  )

  ;; parameters = parameters − … / adam_correction1 · adam_m / (sqrt(adam_v) + epsilon · …)  (digits.model.ts:16)
  (func $update_parameters
    (local i32 i32 i32 i32) (local $i_0 i32) (local i32 i32 i32 i32 i32) (local $7.523164e-37 v128)
      (local $3.469447e-18 v128) (local $c4 v128) (local $c5 v128) (local $add_4 v128)
      (local $t2 v128) (local $add_5 v128) (local v128 v128 v128 v128) (local $x4 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128) (local $c0 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
      (local $c1 v128) (local v128) (local $c2 v128)
      (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128) (local $c3 v128)
      (local f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32)
      (local $add_2 f64) (local $x0 f64) (local $x1 f64) (local $t0 f64) (local $sqrt f64)
      (local $add f64) (local $x2 f64) (local $x3 f64) (local $t1 f64)
    (local.set $7.523164e-37 (f32x4.splat (f32.const 7.523164e-37)))
    (local.set $3.469447e-18 (f32x4.splat (f32.const 3.469447e-18)))
    (local.set $x0 (f64.load offset=9656 (i32.const 0)))
    (local.set $x1 (f64.load offset=9688 (i32.const 0)))
    (local.set $t0 (f64.sub (f64.const 1) (local.get $x1)))
    (local.set $add
      (f64.add (local.get $x0) (f64.mul (local.get $t0) (f64.sub (f64.const 1) (local.get $x0))))
    )
    (f64.store offset=9656 (i32.const 0) (local.get $add))
    (local.set $sqrt (f64.sqrt (local.get $add)))
    (local.set $x2 (f64.load offset=9648 (i32.const 0)))
    (local.set $x3 (f64.load offset=9680 (i32.const 0)))
    (local.set $t1 (f64.sub (f64.const 1) (local.get $x3)))
    (local.set $add_2
      (f64.add (local.get $x2) (f64.mul (local.get $t1) (f64.sub (f64.const 1) (local.get $x2))))
    )
    (f64.store offset=9648 (i32.const 0) (local.get $add_2))
    (f64.store offset=9664
      (i32.const 0)
      (f64.add (f64.load offset=9664 (i32.const 0)) (f64.const 1))
    )
    (local.set $c0 (f32x4.splat (f32.demote_f64 (local.get $x3))))
    (local.set $c1 (f32x4.splat (f32.demote_f64 (local.get $t1))))
    (local.set $c2 (f32x4.splat (f32.demote_f64 (local.get $x1))))
    (local.set $c3 (f32x4.splat (f32.demote_f64 (local.get $t0))))
    (local.set $c4
      (f32x4.splat
        (f32.demote_f64
          (f64.div
            (f64.mul (f64.load offset=9672 (i32.const 0)) (local.get $sqrt))
            (local.get $add_2)
          )
        )
      )
    )
    (local.set $c5
      (f32x4.splat
        (f32.demote_f64 (f64.mul (f64.load offset=9696 (i32.const 0)) (local.get $sqrt)))
      )
    )
    (loop $i
      (local.set $x4 (v128.load offset=57712 align=4 (local.get $i_0)))
      (local.set $add_4
        (f32x4.relaxed_madd
          (local.get $c1)
          (local.get $x4)
          (f32x4.mul (local.get $c0) (v128.load offset=9712 align=4 (local.get $i_0)))
        )
      )
      (v128.store offset=9712 align=4
        (local.get $i_0)
        (v128.andnot
          (local.get $add_4)
          (f32x4.lt (f32x4.abs (local.get $add_4)) (local.get $7.523164e-37))
        )
      )
      (local.set $t2
        (v128.andnot
          (local.get $x4)
          (f32x4.lt (f32x4.abs (local.get $x4)) (local.get $3.469447e-18))
        )
      )
      (local.set $add_5
        (f32x4.relaxed_madd
          (local.get $c3)
          (f32x4.mul (local.get $t2) (local.get $t2))
          (f32x4.mul (local.get $c2) (v128.load offset=19360 align=4 (local.get $i_0)))
        )
      )
      (v128.store offset=19360 align=4
        (local.get $i_0)
        (v128.andnot
          (local.get $add_5)
          (f32x4.lt (f32x4.abs (local.get $add_5)) (local.get $7.523164e-37))
        )
      )
      (v128.store align=4
        (local.get $i_0)
        (f32x4.sub
          (v128.load align=4 (local.get $i_0))
          (f32x4.div
            (f32x4.mul (local.get $c4) (local.get $add_4))
            (f32x4.add (f32x4.sqrt (local.get $add_5)) (local.get $c5))
          )
        )
      )
      (local.set $i_0 (i32.add (local.get $i_0) (i32.const 16)))
      (br_if $i (i32.lt_s (local.get $i_0) (i32.const 9648)))
    )
  )
)
